#!/usr/bin/env bash
# Two replicas behind a client that balances by itself (round_robin with health checks), and behind nginx: both are used, and one that stops while calls come loses none of them (through nginx, with a client that repeats UNAVAILABLE).
# usage: load-tests/replicas-lb.sh [round_robin|nginx ...]        RATE=200 SECONDS_EACH=12 BUNDLE=.local/models/demo/1
# Exits with 1 when a replica had no calls, or a call was lost. Writes load-tests/results/balance.json unless RESULTS= is empty.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source load-tests/server.sh
rate=${RATE:-200} seconds=${SECONDS_EACH:-12} bundle=${BUNDLE:-.local/models/demo/1} python=/usr/bin/python3
"$python" -c 'import grpc' 2>/dev/null || fail "gRPC for Python is missing: apt-get install python3-grpcio"
[[ -f $bundle/manifest.json ]] || dotnet "$cli_dll" demo --out "$(dirname "$(dirname "$bundle")")" >/dev/null
ways=("$@")
[[ ${#ways[@]} -gt 0 ]] || ways=(round_robin nginx)

calls_of() { metric "$1" recsys_recommendations_total; }

start_nginx() {
  need nginx nginx-light
  port=$(free_port)
  sed "s|REPLICA_1|${grpc_at[first]}|; s|REPLICA_2|${grpc_at[second]}|; s|PORT|$port|; s|FOLDER|$work|g" load-tests/balance/nginx.conf >"$work/nginx.conf"
  nginx -p "$work" -c "$work/nginx.conf" -e "$work/nginx.log" &
  server_pid[nginx]=$!
  for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return; sleep 0.1; done
  fail "nginx did not start: $(cat "$work/nginx.log")"
}

run() { # run WAY: one line of JSON
  local way=$1 target stopped=0 before_first before_second of_first of_second
  # Time for balancers to turn away, and then for the last calls: what a Kubernetes deployment has (docs/scaling.md).
  # Both share their core with whatever else runs here; what admission refuses on a busy machine is told apart by switching it off.
  for replica in first second; do
    server_start "$replica" "$bundle" --Inference:Server:ReadinessGrace=00:00:03 --Inference:Server:DrainTime=00:00:05 --Inference:Admission:Enabled=false --Inference:Loading:CacheFolder=
  done
  case $way in
    round_robin) target=${grpc_at[first]},${grpc_at[second]} ;;
    nginx) start_nginx; target=127.0.0.1:$port ;;
    *) fail "no way in is called '$way'" ;;
  esac
  before_first=$(calls_of first) before_second=$(calls_of second)
  "$python" load-tests/balance/client.py "$target" "$rate" "$seconds" >"$work/calls.json" &
  local client=$!
  sleep "$(awk -v s="$seconds" 'BEGIN {print s / 3}')"
  of_first=$(($(calls_of first) - before_first))
  # A client that was slow to start has its share yet to send.
  for _ in $(seq 100); do
    ((of_first < ${rate%.*} * seconds / 20)) || break
    sleep 0.2
    of_first=$(($(calls_of first) - before_first))
  done
  kill -TERM "${server_pid[first]}"
  wait "${server_pid[first]}" || stopped=$?
  unset 'server_pid[first]'
  wait "$client" || fail "the client failed"
  of_second=$(($(calls_of second) - before_second))
  server_stop second
  [[ -z ${KEEP_LOG:-} ]] || cp "$work/nginx.log" "$KEEP_LOG"
  server_stop nginx
  WAY=$way FIRST=$of_first SECOND=$of_second STOPPED=$stopped "$python" -c '
import json, os, sys
calls = json.load(open(sys.argv[1]))
result = {"way": os.environ["WAY"], **calls, "first_before_it_stopped": int(os.environ["FIRST"]), "second": int(os.environ["SECOND"]), "lost": calls["calls"] - calls["ended"].get("OK", 0), "exit_code_of_first": int(os.environ["STOPPED"])}
print(json.dumps(result))
sys.exit(result["lost"] > 0 or result["exit_code_of_first"] != 0 or min(result["first_before_it_stopped"], result["second"]) < calls["calls"] / 20)' "$work/calls.json"
}

status=0
: >"$work/results"
for way in "${ways[@]}"; do
  run "$way" | tee -a "$work/results" || status=1
done
if [[ -n ${RESULTS-load-tests/results/balance.json} ]]; then
  FACTS=$(facts) python3 -c 'import json, os, sys; json.dump({"facts": json.loads(os.environ["FACTS"]), "rate": float(sys.argv[2]), "runs": [json.loads(line) for line in open(sys.argv[1])]}, open("load-tests/results/balance.json", "w"), indent=1)' "$work/results" "$rate"
fi
exit "$status"
