#!/usr/bin/env bash
# From a data folder to a served bundle, judged: trains, then judges popularity, EASE, the bundle offline and the server that serves it, in one run.
# usage: load-tests/training.sh DATA [RESULTS=load-tests/results]      (through ./dev bench training DATA); DATA has splits/
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
data=${1:?usage: load-tests/training.sh DATA [RESULTS]} results=${2:-load-tests/results}
grpc=${GRPC_PORT:-5113} http=${HTTP_PORT:-5193}
cli="dotnet artifacts/bin/Inference.Cli/release/inference.dll"
dotnet build src/Inference.Server -c Release -v q -nologo -clp:NoSummary
dotnet build src/Inference.Cli -c Release -v q -nologo -clp:NoSummary

work=$(mktemp -d)
server=
trap '[[ -n $server ]] && kill -TERM $server 2>/dev/null && wait $server 2>/dev/null; rm -rf "$work"' EXIT
mkdir -p "$results"
$cli train --data "$data" --out "$work/models/shop/1" --json "$results/training.json"

# While figures are compared no source may be left out for lateness.
dotnet artifacts/bin/Inference.Server/release/Inference.Server.dll --bundle "$work/models/shop/1" "--Inference:Server:GrpcAddress=127.0.0.1:$grpc" "--Inference:Server:HttpAddress=127.0.0.1:$http" \
  --Inference:Recommend:TowerBudget=00:00:01 --Inference:Fusion:Budget=00:00:01 >"$work/log" 2>&1 &
server=$!
for _ in $(seq 300); do
  curl -fs "http://127.0.0.1:$http/readyz" >/dev/null 2>&1 && break
  kill -0 $server 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.2
done
$cli evaluate --data "$data" --models popularity,ease --bundle "$work/models/shop/1" --server "http://127.0.0.1:$grpc" --json "$results/evaluation.json"
# Where it was made says nothing.
sed -i "s#$work/##g" "$results/training.json" "$results/evaluation.json"
