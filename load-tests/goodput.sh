#!/usr/bin/env bash
# A server that is offered more than it can do: Recommend over gRPC with 20 ms deadlines, the server on one core, the generator on the other, open loop, at half, once, twice and three times its capacity.
# Its user tower takes one or two milliseconds a user, so the tower is what is overloaded, and neither the transport nor the generator. Replies are the tower's or, at once, the next rung's; both are shown.
# Users are many and the cache for their embeddings small, so nearly every request asks the tower.
# usage: load-tests/goodput.sh [SECONDS=10] [RESULT.json]      (through ./dev bench goodput-server)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-10} result=${2:-load-tests/results/goodput-server.json}
grpc=${GRPC_PORT:-5103} http=${HTTP_PORT:-5183}
server_core=${SERVER_CORE:-0} client_core=${CLIENT_CORE:-1}
cli="dotnet artifacts/bin/Inference.Cli/release/inference.dll"
dotnet build src/Inference.Server -c Release -v q -nologo -clp:NoSummary
dotnet build src/Inference.Cli -c Release -v q -nologo -clp:NoSummary
work=$(mktemp -d)
dotnet artifacts/bin/Benchmarks/release/Benchmarks.dll goodput-bundle "$work/heavy/1"

taskset -c "$server_core" dotnet artifacts/bin/Inference.Server/release/Inference.Server.dll --bundle "$work/heavy/1" \
  "--Inference:Server:GrpcAddress=http://127.0.0.1:$grpc" "--Inference:Server:HttpAddress=http://127.0.0.1:$http" \
  --Inference:Towers:IntraOpThreads=1 --Inference:State:EmbeddingCacheBytes=1048576 >"$work/log" 2>&1 &
server=$!
trap 'kill -TERM $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 150); do
  curl -fs "http://127.0.0.1:$http/readyz" >/dev/null 2>&1 && break
  kill -0 $server 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.2
done

load=(taskset -c "$client_core" $cli load --address "http://127.0.0.1:$grpc" --users 40000 --in-order --limit 10)
# Capacity: offered far too much, with 64 on their way at a time and no hurry; what is beyond them is not sent.
"${load[@]}" --rps 20000 --max-in-flight 64 --deadline 10s --duration 5 --warmup 3 --json "$work/capacity.json" >/dev/null
capacity=$(python3 -c 'import json,sys; load=json.load(open(sys.argv[1])); print(round(load["served_by"].get("user_tower", 0) / load["seconds"]))' "$work/capacity.json")
echo "capacity: $capacity replies/s by the tower"
for factor in 0.5 1 2 3; do
  rps=$(awk -v c="$capacity" -v f="$factor" 'BEGIN {printf "%.0f", c * f}')
  "${load[@]}" --rps "$rps" --deadline 20ms --duration "$seconds" --warmup 2 --json "$work/load-$factor.json" || true # without an answer in time it ends with 1
done

mkdir -p "$(dirname "$result")"
python3 - "$work" "$capacity" "$result" <<'PY'
import json, sys
work, capacity, result = sys.argv[1], float(sys.argv[2]), sys.argv[3]
rows = [{"factor": factor, "load": json.load(open(f"{work}/load-{factor}.json"))} for factor in ("0.5", "1", "2", "3")]
best = max(row["load"]["achieved_rps"] for row in rows) or 1
print("\n| offered | per second | replies in time per second | of the peak | by the tower | p50 / p99 ms |\n| ---: | ---: | ---: | ---: | ---: | ---: |")
for row in rows:
    print(f'| {row["factor"]}× | {row["load"]["offered_rps"]:,.0f} | {row["load"]["achieved_rps"]:,.0f} | {row["load"]["achieved_rps"] / best:.0%} | {row["load"]["served_by"].get("user_tower", 0) / row["load"]["seconds"]:,.0f} | {row["load"]["latency_us"]["p50"] / 1e3:.1f} / {row["load"]["latency_us"]["p99"] / 1e3:.1f} |')
json.dump({"capacity_rps": capacity, "deadline_ms": 20, "rows": rows}, open(result, "w"), indent=2)
PY
