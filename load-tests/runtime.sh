#!/usr/bin/env bash
# What settings of the .NET runtime change: start, peak rate, latency, processor time, memory and pauses of the real server, one core each for server and generator, all settings in turns.
# usage: load-tests/runtime.sh [ROUNDS=3] [SECONDS=8] [RESULT.json]      (through ./dev bench runtime)
#   BUNDLE=.local/models/demo/1   SETTINGS=default,no-pgo   only some of them   SERVER_CORE=0 CLIENT_CORE=1
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-3} seconds=${2:-8} result=${3:-load-tests/results/runtime.json}
bundle=${BUNDLE:-.local/models/demo/1}
command -v h2load >/dev/null || { echo "runtime: h2load is missing (Debian: nghttp2-client)" >&2; exit 1; }
for project in src/Inference.Server src/Inference.Cli; do
  [[ -n ${NO_BUILD:-} ]] || dotnet build "$project" -c Release -v q -nologo -clp:NoSummary
done
[[ -f $bundle/manifest.json ]] || dotnet artifacts/bin/Inference.Cli/release/inference.dll demo --out .local/models >/dev/null

# Compiled ahead of time too, as a container image could be.
ahead=$(mktemp -d)
trap 'rm -rf "$ahead"' EXIT
[[ -n ${SETTINGS:-} && ,$SETTINGS, != *,ahead-of-time,* ]] || dotnet publish src/Inference.Server -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true \
  --artifacts-path "$ahead/artifacts" -o "$ahead/server" -v q -nologo -clp:NoSummary >/dev/null || { echo "runtime: no code ahead of time here, that setting is left out" >&2; rm -rf "$ahead/server"; }
python3 load-tests/runtime.py --bundle "$bundle" --rounds "$rounds" --seconds "$seconds" --settings "${SETTINGS:-}" \
  --server artifacts/bin/Inference.Server/release/Inference.Server.dll --ahead "$ahead/server/Inference.Server.dll" --cli artifacts/bin/Inference.Cli/release/inference.dll \
  --server-core "${SERVER_CORE:-0}" --client-core "${CLIENT_CORE:-1}" --json "$result"
