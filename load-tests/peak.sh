#!/usr/bin/env bash
# The most answers per second in a closed loop, by h2load (Debian: nghttp2-client), server and client on a core each. h2load does not look at grpc-status, so a real client checks the answers first; it repeats one request, so the embedding of a known
# user comes from the cache.
# usage: load-tests/peak.sh [warm cold session …] [RESULT.json]      (through ./dev bench peak)
#   SECONDS_EACH=10  CONNECTIONS=8  STREAMS=16
#   BUNDLE=DIR | ITEMS=20000 USERS=5000 DIM=64   INDEX=Auto    what is served (load-tests/server.sh has more)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source load-tests/server.sh
result=$results/peak.json kinds=()
for argument in "$@"; do case $argument in *.json) result=$argument ;; *) kinds+=("$argument") ;; esac; done
[[ ${#kinds[@]} -gt 0 ]] || kinds=(warm cold session)
seconds=${SECONDS_EACH:-10} connections=${CONNECTIONS:-8} streams=${STREAMS:-16}
need h2load nghttp2-client
build_for_load src/Inference.Server src/Inference.Cli
bundle=${BUNDLE:-$(demo_bundle "${ITEMS:-20000}" "${USERS:-5000}" "${DIM:-64}")}
server_start server "$bundle" --Inference:Index:Kind="${INDEX:-Auto}"

# The frame of a request: no compression, length, message. Fields: 1 user_id, 2 context, 3 recent_item_ids, 4 limit.
frame() { # frame KIND: writes $work/KIND.bin
  python3 - "$1" >"$work/$1.bin" <<'PY'
import struct, sys
def text(field, value): return bytes([field << 3 | 2, len(value)]) + value
limit = bytes([4 << 3, 10])
country = text(2, text(1, b"country") + text(2, text(1, b"DE")))
message = {"warm": text(1, b"u7") + limit, "cold": text(1, b"stranger") + country + limit, "session": b"".join(text(3, item) for item in (b"i5", b"i17", b"i99")) + limit}[sys.argv[1]]
sys.stdout.buffer.write(b"\0" + struct.pack(">I", len(message)) + message)
PY
}
check() { # check KIND: a real client gets ten items from the right rung
  local who rung
  case $1 in
    warm) who=(--user u7) rung='user_tower|cached_embedding' ;;
    cold) who=(--user stranger --context country=DE) rung='cluster_profile|user_tower' ;;
    session) who=(--recent i5,i17,i99) rung='session|cached_embedding' ;;
    *) fail "there is no kind '$1': warm, cold, session" ;;
  esac
  dotnet "$cli_dll" recommend --address "http://${grpc_at[server]}" "${who[@]}" --limit 10 --json "$work/check.json" >/dev/null || fail "a real client gets no answer for '$1'"
  python3 -c 'import json, re, sys; r = json.load(open(sys.argv[1])); ok = len(r["items"]) == 10 and re.fullmatch("RUNG_(%s)" % sys.argv[2].upper(), r["served_by"]); sys.exit(0 if ok else "wrong answer: %d items by %s" % (len(r["items"]), r["served_by"]))' "$work/check.json" "$rung" || fail "the answer for '$1' is wrong"
}
ask() { # ask KIND SECONDS: prints the number of answers
  taskset -c "$client_core" h2load -t1 -c"$connections" -m"$streams" -D"$2" -d "$work/$1.bin" -H 'content-type: application/grpc' -H 'te: trailers' "http://${grpc_at[server]}/recsys.v1.RecommendationService/Recommend" >"$work/h2load.txt"
  grep -q ' 0 failed, 0 errored' "$work/h2load.txt" || { cat "$work/h2load.txt" >&2; fail "h2load saw failures"; }
  sed -nE 's/^requests: .* ([0-9]+) succeeded.*/\1/p' "$work/h2load.txt"
}

: >"$work/rows"
for kind in "${kinds[@]}"; do
  frame "$kind"
  check "$kind"
  ask "$kind" 5 >/dev/null # to the second JIT tier
  cpu=$(cpu_us "${server_pid[server]}") bytes=$(allocated_bytes server)
  answers=$(ask "$kind" "$seconds")
  echo "$kind $answers $(($(cpu_us "${server_pid[server]}") - cpu)) $(($(allocated_bytes server) - bytes))" >>"$work/rows"
done
facts >"$work/facts.json"
python3 - "$work" "$result" "$seconds" "$connections" "$streams" <<'PY'
import json, sys
work, result, seconds, connections, streams = sys.argv[1:]
kinds = {}
print("\n| kind | answers/s | server CPU µs/request | bytes/request |\n| --- | ---: | ---: | ---: |")
for line in open(f"{work}/rows"):
    kind, answers, cpu, allocated = line.split()[0], *map(int, line.split()[1:])
    kinds[kind] = {"rps": round(answers / float(seconds)), "cpu_us_per_request": round(cpu / max(1, answers), 1), "allocated_bytes_per_request": round(allocated / max(1, answers))}
    print(f'| {kind} | {kinds[kind]["rps"]:,} | {kinds[kind]["cpu_us_per_request"]} | {kinds[kind]["allocated_bytes_per_request"]:,} |')
json.dump({**json.load(open(f"{work}/facts.json")), "seconds": float(seconds), "connections": int(connections), "streams": int(streams), "kinds": kinds}, open(result, "w"), indent=1)
PY
say "written to $result"
