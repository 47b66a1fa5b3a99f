#!/usr/bin/env bash
# What telemetry costs at full load: the real server on one core, h2load and a collector on the other, with no telemetry, with a scraped /metrics, with OTLP, and with everything, in turns.
# usage: load-tests/telemetry.sh [STARTS=3] [ROUNDS=4] [SECONDS=5] [RESULT.json]      (through ./dev bench telemetry)
#   BUNDLE=.local/models/demo/1   SETTINGS=none,everything   only some of them   SERVER_CORE=0 CLIENT_CORE=1
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
starts=${1:-3} rounds=${2:-4} seconds=${3:-5} result=${4:-load-tests/results/telemetry.json}
bundle=${BUNDLE:-.local/models/demo/1}
command -v h2load >/dev/null || { echo "telemetry: h2load is missing (Debian: nghttp2-client)" >&2; exit 1; }
for project in src/Inference.Server src/Inference.Cli tests/Benchmarks; do
  [[ -n ${NO_BUILD:-} ]] || dotnet build "$project" -c Release -v q -nologo -clp:NoSummary
done
[[ -f $bundle/manifest.json ]] || dotnet artifacts/bin/Inference.Cli/release/inference.dll demo --out .local/models >/dev/null
mkdir -p "$(dirname "$result")"
python3 load-tests/telemetry.py --bundle "$bundle" --starts "$starts" --rounds "$rounds" --seconds "$seconds" --settings "${SETTINGS:-}" \
  --server artifacts/bin/Inference.Server/release/Inference.Server.dll --sink artifacts/bin/Benchmarks/release/Benchmarks.dll \
  --server-core "${SERVER_CORE:-0}" --client-core "${CLIENT_CORE:-1}" --json "$result"
