#!/usr/bin/env bash
# Recommend over gRPC on the demo world: the server on one core, the generator on the other, open loop.
# usage: load-tests/recommend.sh [RPS=1000] [SECONDS=20] [RESULT.json]      (through ./dev bench recommend)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rps=${1:-1000} seconds=${2:-20} result=${3:-load-tests/results/recommend-$rps.json}
bundle=.local/models/demo/1
grpc=${GRPC_PORT:-5101} http=${HTTP_PORT:-5180}
server_core=${SERVER_CORE:-0} client_core=${CLIENT_CORE:-1}
cli="dotnet artifacts/bin/Inference.Cli/release/inference.dll"
dotnet build src/Inference.Server -c Release -v q -nologo -clp:NoSummary
dotnet build src/Inference.Cli -c Release -v q -nologo -clp:NoSummary
[[ -f $bundle/manifest.json ]] || $cli demo --out .local/models

log=$(mktemp)
taskset -c "$server_core" dotnet artifacts/bin/Inference.Server/release/Inference.Server.dll --bundle "$bundle" \
  "--Inference:Server:GrpcAddress=http://127.0.0.1:$grpc" "--Inference:Server:HttpAddress=http://127.0.0.1:$http" >"$log" 2>&1 &
server=$!
trap 'kill -TERM $server 2>/dev/null; wait $server 2>/dev/null; rm -f "$log"' EXIT
for _ in $(seq 150); do
  curl -fs "http://127.0.0.1:$http/readyz" >/dev/null 2>&1 && break
  kill -0 $server 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.2
done

allocated() { curl -fs "http://127.0.0.1:$http/metrics" | awk '/^dotnet_gc_heap_total_allocated_bytes_total/ {printf "%.0f", $2}'; }
cpu_ms() { awk -v hz="$(getconf CLK_TCK)" '{print ($14 + $15) * 1000 / hz}' "/proc/$server/stat"; }

mkdir -p "$(dirname "$result")"
for kind in warm cold; do
  who=(--users 5000)
  # Users never seen, told apart by context only, as the demo world's profiles know it.
  [[ $kind == cold ]] && who=(--cold 1 --context country=DE --context country=US --context device=phone --context device=desktop)
  out=$(mktemp)
  load=(taskset -c "$client_core" $cli load --address "http://127.0.0.1:$grpc" --rps "$rps" "${who[@]}" --limit 10)
  # A first run reaches the second JIT tier of the server and of the generator before anything is counted.
  "${load[@]}" --duration 10 --warmup 5 >/dev/null
  bytes=$(allocated) cpu=$(cpu_ms)
  "${load[@]}" --duration "$seconds" --warmup 0 --json "$out"
  bytes=$((($(allocated) - bytes) / (rps * seconds)))
  cpu=$(awk -v a="$(cpu_ms)" -v b="$cpu" -v n=$((rps * seconds)) 'BEGIN {printf "%.1f", (a - b) * 1000 / n}')
  echo "$kind: the server allocated $bytes bytes and used $cpu us of CPU per request"
  printf '{"kind":"%s","rps":%s,"seconds":%s,"server_bytes_per_request":%s,"server_cpu_us_per_request":%s,"commit":"%s","machine":"%s","load":%s}\n' \
    "$kind" "$rps" "$seconds" "$bytes" "$cpu" "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" \
    "$(sed -nE 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(nproc) cores" "$(cat "$out")" >"${result%.json}-$kind.json"
  rm -f "$out"
done
