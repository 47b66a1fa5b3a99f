#!/usr/bin/env bash
# A load test of a server of its own, with gates: exits 1 when p99, the share of errors or the achieved rate miss them.
# usage: load-tests/run.sh [warm|cold|session|filtered|mixed|step|soak ...]      (through ./dev load; warm, cold, session, filtered and mixed when none is named)
#   RPS=1000 SECONDS_EACH=30 MAX_P99_MS=25 MAX_ERRORS=0.001 MIN_ACHIEVED=0.98   rate, length and gates; a soak takes SOAK_SECONDS=1800
#   GHZ=path                                                                    the ghz to use; without one, `./dev cli load` makes the load
#   BUNDLE=.local/models/demo/1                                                 what is served; it must be a demo world (load-tests/server.sh has more)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source load-tests/server.sh
server_core=${SERVER_CORE:-0-$(($(nproc) - 1))} client_core=${CLIENT_CORE:-0-$(($(nproc) - 1))} # both have the whole machine unless told otherwise

rps=${RPS:-1000} seconds=${SECONDS_EACH:-30}
max_p99_ms=${MAX_P99_MS:-25} max_errors=${MAX_ERRORS:-0.001} min_achieved=${MIN_ACHIEVED:-0.98}
bundle=${BUNDLE:-.local/models/demo/1}
need python3 python3
[[ -f $server_dll && -f $cli_dll ]] || fail "nothing is built yet: use ./dev load"

kinds=("$@")
[[ ${#kinds[@]} -gt 0 ]] || kinds=(warm cold session filtered mixed)
for kind in "${kinds[@]}"; do
  [[ -f load-tests/ghz/recommend-$kind.json ]] || fail "there is no load-tests/ghz/recommend-$kind.json"
done
ghz=${GHZ:-$(command -v ghz || true)}
[[ -n $ghz ]] || say "ghz is not installed (https://ghz.sh: a release binary in the PATH, or GHZ=path); ./dev cli load makes the load instead"
server_start server "$bundle"
out=$work/out.json

# Both generators give the same facts: latencies in ms, the share of errors, the offered and the achieved rate.
with_ghz() { # with_ghz KIND SECONDS
  # A step load has its own schedule and rate.
  local rate=(--rps "$rps" --duration "$2s")
  [[ $1 == step ]] && rate=()
  # The messages are known by reflection.
  taskset -c "$client_core" "$ghz" --config "load-tests/ghz/recommend-$1.json" "${rate[@]}" --output "$out" "${grpc_at[server]}" >/dev/null
}

with_cli() { # with_cli KIND SECONDS: what the ghz configuration of the same name asks
  local what rate=$rps length=$2
  case $1 in
    warm) what=(--mix warm=1) ;;
    cold) what=(--mix cold=1 --context country=DE) ;;
    session) what=(--mix session=1) ;;
    filtered) what=(--mix filtered=1 --filter 'stock > 40') ;;
    mixed | soak) what=(--mix warm=7,cold=1,session=1,filtered=1 --context country=DE --filter 'stock > 40') ;;
    step) what=(--mix warm=1) rate=500:3000:500 length=10 ;;
    *) fail "the built-in generator has no '$1' load; install ghz for it" ;;
  esac
  # 1 says that a request was not answered, which the gates judge.
  load server --rps "$rate" --duration "${length}s" --warmup 0s --users 500 --zipf 0 --limit 10 "${what[@]}" --json "$out" >/dev/null || [[ -s $out ]]
}

status=0
facts >"$work/facts.json"
for kind in "${kinds[@]}"; do
  if [[ -n $ghz ]]; then generator=with_ghz; else generator=with_cli; fi
  length=$seconds
  [[ $kind == soak ]] && length=${SOAK_SECONDS:-1800}
  # The first run brings the code to its second JIT tier and is not counted.
  rm -f "$out"
  [[ $kind == step ]] || "$generator" "$kind" 5
  "$generator" "$kind" "$length"
  file=$results/$kind-$(date -u +%Y%m%dT%H%M%SZ).json
  python3 load-tests/report.py "$out" "$file" --facts "$work/facts.json" --kind "$kind" --generator "${generator#with_}" --rps "$rps" \
    --max-p99-ms "$max_p99_ms" --max-errors "$max_errors" --min-achieved "$min_achieved" || status=1
done
exit "$status"
