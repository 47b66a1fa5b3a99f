#!/usr/bin/env bash
# The first seconds of a server that takes its whole load from the moment it is ready, as after a rollout: with the warm-up that comes before that moment, and without one. Server and h2load (which needs no warm-up itself) on a core each, in turns.
# usage: load-tests/first-calls.sh [RESULT.json]      (through ./dev bench first-calls)
#   ROUNDS=5  RPS=1000  CONNECTIONS=4
#   BUNDLE=DIR | ITEMS=20000 USERS=5000 DIM=64        what is served (load-tests/server.sh has more)
# Needs: apt-get install nghttp2-client
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source load-tests/server.sh
result=${1:-$results/first-calls.json}
rounds=${ROUNDS:-5} rps=${RPS:-1000} connections=${CONNECTIONS:-4}
need h2load nghttp2-client
build_for_load src/Inference.Server src/Inference.Cli
bundle=${BUNDLE:-$(demo_bundle "${ITEMS:-20000}" "${USERS:-5000}" "${DIM:-64}")}
# One known user: what is timed is the server, not the cache.
python3 -c 'import struct, sys; m = bytes([0x0a, 3]) + b"u77" + bytes([0x20, 10]); sys.stdout.buffer.write(b"\0" + struct.pack(">I", len(m)) + m)' >"$work/request.bin"
mkdir "$work/calls"

now_ms() { date +%s%3N; }
for round in $(seq "$rounds"); do
  for kind in warm cold; do
    options=()
    [[ $kind == warm ]] || options=(--Inference:Loading:WarmUpTime=00:00:00)
    begun=$(now_ms)
    server_start "$kind" "$bundle" "${options[@]}"
    echo "$kind $round $(($(now_ms) - begun))" >>"$work/starts"
    taskset -c "$client_core" h2load -c "$connections" -m 100 --rps $((rps / connections)) -D 3 -t 1 -d "$work/request.bin" -H 'content-type: application/grpc' -H 'te: trailers' --log-file="$work/calls/$kind-$round" \
      "http://${grpc_at[$kind]}/recsys.v1.RecommendationService/Recommend" >"$work/h2load.log" 2>&1 || { cat "$work/h2load.log" >&2; fail "h2load failed"; }
    server_stop "$kind"
  done
  say "round $round of $rounds"
done

facts >"$work/facts.json"
python3 - "$work" "$result" "$rps" <<'PY'
import json, statistics, sys
from pathlib import Path
work, result, rps = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
edges = [0, 0.25, 0.5, 1, 2, 3]
starts = [line.split() for line in (work / "starts").read_text().splitlines()]
report = json.loads((work / "facts.json").read_text()) | {"rps": rps, "kinds": {}}
for kind in ("warm", "cold"):
    windows = {edge: {"p50_ms": [], "p99_ms": [], "max_ms": [], "over_10_ms": []} for edge in edges[:-1]}
    for calls in sorted((work / "calls").glob(kind + "-*")):
        rows = [(int(at), int(took)) for at, status, took in (line.split() for line in calls.read_text().splitlines()) if status == "200"]
        first = min(at for at, _ in rows)
        for begin, end in zip(edges, edges[1:]):
            took = sorted(took / 1000 for at, took in rows if begin <= (at - first) / 1e6 < end)
            window = windows[begin]
            window["p50_ms"].append(took[len(took) // 2])
            window["p99_ms"].append(took[int(len(took) * 0.99)])
            window["max_ms"].append(took[-1])
            window["over_10_ms"].append(sum(each > 10 for each in took))
    report["kinds"][kind] = {
        "ready_ms": statistics.median(int(row[2]) for row in starts if row[0] == kind),
        "windows": [{"from_s": begin, "to_s": end} | {name: round(statistics.median(values), 2) for name, values in windows[begin].items()} for begin, end in zip(edges, edges[1:])],
    }
Path(result).write_text(json.dumps(report, indent=2) + "\n")
print(f"\nmedians of {len(starts) // 2} rounds, {rps}/s from the first moment; ready after {report['kinds']['warm']['ready_ms'] / 1000:.1f} s with the warm-up, {report['kinds']['cold']['ready_ms'] / 1000:.1f} s without\n")
print("| seconds | p50 ms, warm | cold | p99 ms, warm | cold | slowest ms, warm | cold | calls over 10 ms, warm | cold |\n| --- | " + "---: | " * 8)
for warm, cold in zip(report["kinds"]["warm"]["windows"], report["kinds"]["cold"]["windows"]):
    print(f"| {warm['from_s']}–{warm['to_s']} | " + " | ".join(f"{side[name]:g}" for name in ("p50_ms", "p99_ms", "max_ms", "over_10_ms") for side in (warm, cold)) + " |")
PY
say "written to $result"
