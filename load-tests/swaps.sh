#!/usr/bin/env bash
# The model of a server is replaced again and again under load: the server on one core, the generator on the other, open loop. Two servers in turn: as it is, and a control that loads without
# precautions (as urgent as serving, on all cores, nothing kept on disk, no warm-up).
# usage: load-tests/swaps.sh [SWAPS=100] [RPS=300] [RESULT.json]      (through ./dev bench swaps)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
swaps=${1:-100} rps=${2:-300} result=${3:-load-tests/results/swaps.json}
grpc=${GRPC_PORT:-5111} http=${HTTP_PORT:-5190}
server_core=${SERVER_CORE:-0} client_core=${CLIENT_CORE:-1}
cli="dotnet artifacts/bin/Inference.Cli/release/inference.dll"
dotnet build src/Inference.Server -c Release -v q -nologo -clp:NoSummary
dotnet build src/Inference.Cli -c Release -v q -nologo -clp:NoSummary

work=$(mktemp -d)
server=
trap '[[ -n $server ]] && kill -TERM $server 2>/dev/null && wait $server 2>/dev/null; rm -rf "$work"' EXIT
for version in 1 2; do
  $cli demo --out "$work/models" --name swaps --version $version --seed $version >/dev/null
done

run() { # run LABEL SWAPS OPTIONS...
  local label=$1 count=$2
  shift 2
  taskset -c "$server_core" dotnet artifacts/bin/Inference.Server/release/Inference.Server.dll --bundle "$work/models/swaps/1" \
    "--Inference:Server:GrpcAddress=127.0.0.1:$grpc" "--Inference:Server:HttpAddress=127.0.0.1:$http" "--Inference:Loading:CacheFolder=$work/cache" "$@" >"$work/log" 2>&1 &
  server=$!
  for _ in $(seq 300); do
    curl -fs "http://127.0.0.1:$http/readyz" >/dev/null 2>&1 && break
    kill -0 $server 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.2
  done
  taskset -c "$client_core" dotnet artifacts/bin/Benchmarks/release/Benchmarks.dll swaps --address "http://127.0.0.1:$grpc" --pid "$server" \
    --label "$label" --swaps "$count" --rate "$rps" --json "$work/$label.json" || tail -20 "$work/log" >&2
  kill -TERM $server
  wait $server || true
  server=
}

run ours "$swaps"
run naive "$swaps" --Inference:Loading:Niceness=0 "--Inference:Loading:Threads=$(nproc)" --Inference:Loading:WarmUpTime=00:00:00 --Inference:Loading:CacheFolder=
mkdir -p "$(dirname "$result")"
printf '{"commit":"%s","ours":%s,"naive":%s}\n' "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" "$(cat "$work/ours.json")" "$(cat "$work/naive.json")" >"$result"
