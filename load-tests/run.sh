#!/usr/bin/env bash
# A load test of a server of its own, with gates: exits 1 when p99, the share of errors or the achieved rate miss them.
# usage: load-tests/run.sh [warm|cold|session|step ...]      (through ./dev load; all but step when none is named)
#   RPS=1000 SECONDS_EACH=30 MAX_P99_MS=25 MAX_ERRORS=0.001 MIN_ACHIEVED=0.98   rate, length and gates
#   GHZ=path                                                                    the ghz to use; without one, `./dev cli load` makes the load
#   BUNDLE=.local/models/demo/1 GRPC_PORT=5201 HTTP_PORT=5280                   what is served, and where
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rps=${RPS:-1000} seconds=${SECONDS_EACH:-30}
max_p99_ms=${MAX_P99_MS:-25} max_errors=${MAX_ERRORS:-0.001} min_achieved=${MIN_ACHIEVED:-0.98}
bundle=${BUNDLE:-.local/models/demo/1} grpc=${GRPC_PORT:-5201} http=${HTTP_PORT:-5280}
server_dll=artifacts/bin/Inference.Server/release/Inference.Server.dll cli_dll=artifacts/bin/Inference.Cli/release/inference.dll
results=load-tests/results
export ORT_DISABLE_TELEMETRY=1

fail() { printf 'load: %s\n' "$*" >&2; exit 1; }
command -v python3 >/dev/null || fail "python3 is missing; it reads the results"
[[ -f $server_dll && -f $cli_dll ]] || fail "nothing is built yet: use ./dev load"
[[ -f $bundle/manifest.json ]] || fail "there is no bundle in $bundle: use ./dev load, or set BUNDLE"

kinds=("$@")
[[ ${#kinds[@]} -gt 0 ]] || kinds=(warm cold session)
for kind in "${kinds[@]}"; do
  [[ -f load-tests/ghz/recommend-$kind.json ]] || fail "there is no load-tests/ghz/recommend-$kind.json"
done

ghz=${GHZ:-$(command -v ghz || true)}
if [[ -z $ghz ]]; then
  echo "ghz is not installed (https://ghz.sh: a release binary in the PATH, or GHZ=path); ./dev cli load makes the load instead" >&2
fi

log=$(mktemp) out=$(mktemp)
dotnet "$server_dll" --bundle "$bundle" --grpc "127.0.0.1:$grpc" --http "127.0.0.1:$http" >"$log" 2>&1 &
server=$!
stop() { kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -f "$log" "$out"; }
trap stop EXIT
for _ in $(seq 600); do
  curl -fs "http://127.0.0.1:$http/readyz" >/dev/null 2>&1 && break
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; fail "the server did not start"; }
  sleep 0.1
done
curl -fs "http://127.0.0.1:$http/readyz" >/dev/null 2>&1 || { cat "$log" >&2; fail "the server was not ready within a minute"; }

# Both generators give the same facts: latencies in ms, the share of errors, the offered and the achieved rate.
with_ghz() { # with_ghz KIND SECONDS
  # A step load has its own schedule and rate.
  local rate=(--rps "$rps" --duration "$2s")
  [[ $1 == step ]] && rate=()
  # The messages are known by reflection.
  "$ghz" --config "load-tests/ghz/recommend-$1.json" "${rate[@]}" --output "$out" "127.0.0.1:$grpc" >/dev/null
}

with_cli() { # with_cli KIND SECONDS
  local what
  case $1 in
    warm) what=(--users 500 --cold 0) ;;
    cold) what=(--cold 1 --context country=DE) ;;
    *) fail "the built-in generator has no '$1' load; install ghz for it" ;;
  esac
  dotnet "$cli_dll" load --address "http://127.0.0.1:$grpc" --rps "$rps" --duration "${2}s" --warmup 0s --limit 10 "${what[@]}" --json "$out" >/dev/null
}

mkdir -p "$results"
status=0
for kind in "${kinds[@]}"; do
  if [[ -n $ghz ]]; then generator=with_ghz
  elif [[ $kind == session || $kind == step ]]; then echo "$kind: left out, it needs ghz" >&2; continue
  else generator=with_cli; fi
  # The first run brings the code to its second JIT tier and is not counted.
  [[ $kind == step ]] || "$generator" "$kind" 5
  "$generator" "$kind" "$seconds"
  file=$results/$kind-$(date -u +%Y%m%dT%H%M%SZ).json
  python3 load-tests/report.py "$out" "$file" --kind "$kind" --generator "${generator#with_}" --rps "$rps" \
    --max-p99-ms "$max_p99_ms" --max-errors "$max_errors" --min-achieved "$min_achieved" || status=1
done
exit "$status"
