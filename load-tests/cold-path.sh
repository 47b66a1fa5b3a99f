#!/usr/bin/env bash
# What a reply costs where nothing is known of the user, beside one to a known user: the server on one core, the generator on the other, open loop, in turns.
# usage: load-tests/cold-path.sh [RPS=300] [ROUNDS=5] [BUNDLE] [RESULT.json]      (through ./dev bench cold-path)
# Without BUNDLE a demo world is made. CONTEXT names the context of the unseen users, USERS_FILE the known ones; both have those of the demo world as their defaults.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rps=${1:-300} rounds=${2:-5} bundle=${3:-} result=${4:-load-tests/results/cold-path.json}
grpc=${GRPC_PORT:-5121} http=${HTTP_PORT:-5191}
server_core=${SERVER_CORE:-0} client_core=${CLIENT_CORE:-1}
seconds=${SECONDS_EACH:-15}
cli="dotnet artifacts/bin/Inference.Cli/release/inference.dll"
dotnet build src/Inference.Server -c Release -v q -nologo -clp:NoSummary
dotnet build src/Inference.Cli -c Release -v q -nologo -clp:NoSummary

work=$(mktemp -d)
server=
trap '[[ -n $server ]] && kill -TERM $server 2>/dev/null && wait $server 2>/dev/null; rm -rf "$work"' EXIT
if [[ -z $bundle ]]; then
  $cli demo --out "$work/models" >/dev/null
  bundle=$work/models/demo
fi

read -ra context <<<"${CONTEXT:---context country=DE --context country=FR --context country=GB --context device=phone --context device=desktop}"
known=(--users 5000)
[[ -n ${USERS_FILE:-} ]] && known=(--users-file "$USERS_FILE")

taskset -c "$server_core" dotnet artifacts/bin/Inference.Server/release/Inference.Server.dll --bundle "$bundle" \
  "--Inference:Server:GrpcAddress=127.0.0.1:$grpc" "--Inference:Server:HttpAddress=127.0.0.1:$http" >"$work/log" 2>&1 &
server=$!
for _ in $(seq 600); do
  curl -fs "http://127.0.0.1:$http/readyz" >/dev/null 2>&1 && break
  kill -0 $server 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.2
done

load() { # load FILE OPTIONS...
  taskset -c "$client_core" $cli load --address "http://127.0.0.1:$grpc" --rps "$rps" --duration "${seconds}s" --warmup 2s --json "$@" >/dev/null
}

for round in $(seq "$rounds"); do
  load "$work/warm-$round.json" "${known[@]}"
  load "$work/cold-$round.json" --users 0 --cold 1 "${context[@]}"
done

mkdir -p "$(dirname "$result")"
python3 - "$work" "$rounds" "$rps" "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" "$result" <<'PY'
import json, statistics, sys
work, rounds, rps, commit, result = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4], sys.argv[5]
rows = {}
for kind in ("warm", "cold"):
    runs = [json.load(open(f"{work}/{kind}-{n}.json")) for n in range(1, rounds + 1)]
    rows[kind] = {key: statistics.median(run["latency_us"][key] / 1000 for run in runs) for key in ("p50", "p99")}
    rows[kind]["errors"] = sum(run["offered"] - run["answered"] for run in runs)
    rows[kind]["empty"] = sum(run["empty"] for run in runs)
    rows[kind]["served_by"] = runs[0]["served_by"]
for kind in ("cold",):
    rows[kind]["added_p99_ms"] = rows[kind]["p99"] - rows["warm"]["p99"]
names = {"warm": "known user", "cold": "unseen user, context"}
print(f"{rounds} rounds in turns at {rps:g} requests/s, medians")
print(f"{'':28}{'p50 ms':>9}{'p99 ms':>9}{'added p99':>11}{'errors':>8}")
for kind, row in rows.items():
    print(f"{names[kind]:28}{row['p50']:9.3f}{row['p99']:9.3f}{row.get('added_p99_ms', 0):11.3f}{row['errors']:8d}")
json.dump({"commit": commit, "rounds": rounds, "rps": rps, "rows": rows}, open(result, "w"), indent=1)
PY
