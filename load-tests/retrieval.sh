#!/usr/bin/env bash
# What more retrievers, a ranking model, a filter, diversity, caps and explanations add to a Recommend call: the server on one core, the caller on the other, all kinds in turns.
# usage: load-tests/retrieval.sh [BUNDLE] [ROUNDS=7] [CALLS=300] [RESULT.json]      (through ./dev bench retrieval)
# Without BUNDLE a demo world of ITEMS (1,000,000) items is made. A bundle without a ranking model gets one of drawn weights in a copy.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bundle=${1:-} rounds=${2:-7} calls=${3:-300} result=${4:-load-tests/results/retrieval.json}
grpc=${GRPC_PORT:-5122} http=${HTTP_PORT:-5192}
server_core=${SERVER_CORE:-0} client_core=${CLIENT_CORE:-1}
cli="dotnet artifacts/bin/Inference.Cli/release/inference.dll"
for project in src/Inference.Server src/Inference.Cli tests/Benchmarks; do
  [[ -n ${NO_BUILD:-} ]] || dotnet build "$project" -c Release -v q -nologo -clp:NoSummary
done

work=$(mktemp -d)
server=
trap '[[ -n $server ]] && kill -TERM $server 2>/dev/null && wait $server 2>/dev/null; rm -rf "$work"' EXIT
if [[ -z $bundle ]]; then
  $cli demo --out "$work/models" --items "${ITEMS:-1000000}" --users 100000 --dim 64 >/dev/null
  bundle=$work/models/demo/1
fi

if [[ ! -f $bundle/ranker.onnx ]]; then
  mkdir -p "$work/ranked/demo"
  dotnet artifacts/bin/Benchmarks/release/Benchmarks.dll ranked-bundle "$bundle" "$work/ranked/demo/2"
  bundle=$work/ranked/demo/2
fi

# A price below which a tenth of the items are, and the surfaces, with ranked ones.
filter=$(python3 - "$bundle" "$work/surfaces.json" <<'PY'
import gzip, itertools, json, os, sys
bundle, out = sys.argv[1], sys.argv[2]
file = json.load(open("load-tests/retrieval/surfaces.json"))
for name in ("one", "six"):
    file["surfaces"][name + "_ranked"] = {**file["surfaces"][name], "rank": True}
json.dump(file, open(out, "w"))
path = os.path.join(bundle, "items.jsonl")
lines = open(path, "rt") if os.path.exists(path) else gzip.open(path + ".gz", "rt")
prices = sorted(json.loads(line)["attributes"]["price"] for line in itertools.islice(lines, 100_000))
print(f"price < {prices[len(prices) // 10]:.2f}")
PY
)

taskset -c "$server_core" dotnet artifacts/bin/Inference.Server/release/Inference.Server.dll --bundle "$bundle" "--Inference:Surfaces:File=$work/surfaces.json" \
  "--Inference:Server:GrpcAddress=127.0.0.1:$grpc" "--Inference:Server:HttpAddress=127.0.0.1:$http" >"$work/log" 2>&1 &
server=$!
for _ in $(seq 1800); do
  curl -fs "http://127.0.0.1:$http/readyz" >/dev/null 2>&1 && break
  kill -0 $server 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.2
done

mkdir -p "$(dirname "$result")"
taskset -c "$client_core" dotnet artifacts/bin/Benchmarks/release/Benchmarks.dll retrieval --address "http://127.0.0.1:$grpc" --pid $server \
  --rounds "$rounds" --calls "$calls" --filter "$filter" --json "$result"
