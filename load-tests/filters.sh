#!/usr/bin/env bash
# Recall and latency of Recommend under filters that select 50, 10, 1 and 0.1 % of the items: the server on one core, the client on the other; the truth by a second server with exact search, which is asked when nothing is timed.
# usage: load-tests/filters.sh [ITEMS=1000000] [ASKED_USERS=500] [RESULT.json]      (through ./dev bench filters)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
items=${1:-1000000} asked=${2:-500} result=${3:-load-tests/results/filters.json}
users=${USERS:-20000} dim=${DIM:-64} kind=${KIND:-Auto}
grpc=${GRPC_PORT:-5131} http=${HTTP_PORT:-5132} exact_grpc=${EXACT_GRPC_PORT:-5133} exact_http=${EXACT_HTTP_PORT:-5134}
server_core=${SERVER_CORE:-0} client_core=${CLIENT_CORE:-1}
[[ -n ${NO_BUILD:-} ]] || dotnet build src/Inference.Server -c Release -v q -nologo -clp:NoSummary
[[ -n ${NO_BUILD:-} ]] || dotnet build src/Inference.Cli -c Release -v q -nologo -clp:NoSummary
models=${MODELS:-.local/models-filters-$items}
[[ -f $models/demo/1/manifest.json ]] || dotnet artifacts/bin/Inference.Cli/release/inference.dll demo --out "$models" --items "$items" --users "$users" --dim "$dim"

work=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done; rm -rf "$work"' EXIT
serve() { # serve CORE KIND GRPC_PORT HTTP_PORT
  taskset -c "$1" dotnet artifacts/bin/Inference.Server/release/Inference.Server.dll --bundle "$models/demo" "--Inference:Index:Kind=$2" --Inference:Fusion:FewEvents=0 \
    "--Inference:Server:GrpcAddress=127.0.0.1:$3" "--Inference:Server:HttpAddress=127.0.0.1:$4" >"$work/$2.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 3000); do
    curl -fs "http://127.0.0.1:$4/readyz" >/dev/null 2>&1 && return
    kill -0 "${pids[-1]}" 2>/dev/null || { cat "$work/$2.log" >&2; exit 1; }
    sleep 0.5
  done
}
serve "$server_core" "$kind" "$grpc" "$http"
serve "$client_core" Exact "$exact_grpc" "$exact_http"
mkdir -p "$(dirname "$result")"
taskset -c "$client_core" dotnet artifacts/bin/Benchmarks/release/Benchmarks.dll filters "http://127.0.0.1:$grpc" "http://127.0.0.1:$exact_grpc" "$users" "$asked" 50 "$result"
