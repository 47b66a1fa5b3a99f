#!/usr/bin/env bash
# Users per second by one RecommendStream and by unary calls with as many on their way, one connection each: server and client share two cores, the kinds in turns.
# usage: load-tests/stream.sh [BUNDLE] [ROUNDS=7] [CALLS=5000] [RESULT.json]      (through ./dev bench stream)
# PREFIX=x asks about users that nobody knows, which costs little beside the transport.
# Without BUNDLE a demo world of ITEMS (20,000) items is made. The cache of user embeddings is small (CACHE_BYTES=1048576), for who exports asks about each user once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bundle=${1:-} rounds=${2:-7} calls=${3:-5000} result=${4:-load-tests/results/stream.json}
grpc=${GRPC_PORT:-5123} http=${HTTP_PORT:-5193} cores=${CORES:-0,1} users=${USERS:-20000}
cli="dotnet artifacts/bin/Inference.Cli/release/inference.dll"
for project in src/Inference.Server src/Inference.Cli tests/Benchmarks; do
  [[ -n ${NO_BUILD:-} ]] || dotnet build "$project" -c Release -v q -nologo -clp:NoSummary
done

work=$(mktemp -d)
server=
trap '[[ -n $server ]] && kill -TERM $server 2>/dev/null && wait $server 2>/dev/null; rm -rf "$work"' EXIT
if [[ -z $bundle ]]; then
  $cli demo --out "$work/models" --items "${ITEMS:-20000}" --users "$users" --dim 64 >/dev/null
  bundle=$work/models/demo/1
fi

taskset -c "$cores" dotnet artifacts/bin/Inference.Server/release/Inference.Server.dll --bundle "$bundle" "--Inference:State:EmbeddingCacheBytes=${CACHE_BYTES:-1048576}" \
  "--Inference:Server:GrpcAddress=127.0.0.1:$grpc" "--Inference:Server:HttpAddress=127.0.0.1:$http" >"$work/log" 2>&1 &
server=$!
for _ in $(seq 1800); do
  curl -fs "http://127.0.0.1:$http/readyz" >/dev/null 2>&1 && break
  kill -0 $server 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.2
done

mkdir -p "$(dirname "$result")"
taskset -c "$cores" dotnet artifacts/bin/Benchmarks/release/Benchmarks.dll stream --address "http://127.0.0.1:$grpc" --http "http://127.0.0.1:$http" --pid $server \
  --rounds "$rounds" --calls "$calls" --users "$users" --prefix "${PREFIX:-u}" --json "$result"
