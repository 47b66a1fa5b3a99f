#!/usr/bin/env bash
# More than can be done: the server on one core, the generator on another, open loop, at half, once, two, three and five times its peak, every call with a deadline. Goodput (answers within the deadline), how soon the rest is turned away, memory.
# What a core can do changes by the minute on machines that are shared, so the peak is measured before and after each of them, and the goodput is a share of the mean of both; of several rounds the median counts.
# The exact index is searched by default: it makes a call dear enough that the generator can offer five times as many as there can be answered.
# usage: load-tests/overload.sh [RESULT.json]      (through ./dev bench overload)
#   ROUNDS=3  DEADLINE=50ms  SECONDS_EACH=8  FACTORS="0.5 1 2 3 5"  MIX=warm=1   what is offered
#   BUNDLE=DIR | ITEMS=1000000 USERS=100000 DIM=64   INDEX=Exact                 what is served (load-tests/server.sh has more)
#   MIN_GOODPUT=0.9                                                              exits 1 where the goodput at and above the peak is a smaller share of it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source load-tests/server.sh
result=${1:-$results/overload.json}
deadline=${DEADLINE:-50ms} seconds=${SECONDS_EACH:-8} rounds=${ROUNDS:-3} users=${USERS:-100000}
read -ra factors <<<"${FACTORS:-0.5 1 2 3 5}"
build_for_load src/Inference.Server src/Inference.Cli
bundle=${BUNDLE:-$(demo_bundle "${ITEMS:-1000000}" "$users" "${DIM:-64}")}
# Many users and a small cache of their embeddings: nearly every call runs the user tower and a search.
server_start server "$bundle" --Inference:Index:Kind="${INDEX:-Exact}" --Inference:State:EmbeddingCacheBytes=1048576

# shellcheck disable=SC2206
traffic=(--mix "${MIX:-warm=1}" --users "$users" --items "${ITEMS:-1000000}" --in-order --limit 10 --slo "$deadline" --connections 4 --context country=DE --filter "${FILTER:-stock > 40}" ${LOAD_ARGS:---surface home})
load server "${traffic[@]}" --rps 300,1000 --duration 4s --warmup 1s --json "$work/warm-up.json" >/dev/null || true
# The peak: far too much is offered, 32 on their way at a time and no hurry; what is beyond them is not sent.
measure_peak() { # measure_peak FILE
  load server "${traffic[@]}" --rps 30000 --max-in-flight 32 --deadline 10s --duration 4s --warmup 1s --json "$1" >/dev/null || true
  peak=$(python3 -c 'import json, sys; print(round(json.load(open(sys.argv[1]))["achieved_rps"]))' "$1")
  [[ $peak -gt 0 ]] || fail "the server answered nothing"
}

: >"$work/rows"
before=$(rss_bytes "${server_pid[server]}")
measure_peak "$work/peak.json"
for round in $(seq "$rounds"); do
  for factor in "${factors[@]}"; do
    run=$factor-$round peak_before=$peak
    rps=$(awk -v p="$peak" -v f="$factor" 'BEGIN {printf "%.0f", p * f}')
    curl -fs "${http_at[server]}/metrics" >"$work/before-$run.txt"
    load server "${traffic[@]}" --rps "$rps" --deadline "$deadline" --duration "${seconds}s" --warmup 3s --json "$work/at-$run.json" >/dev/null || true
    rss=$(rss_bytes "${server_pid[server]}") high=$(awk '/^VmHWM/ {printf "%.0f", $2 * 1024}' "/proc/${server_pid[server]}/status") threads=$(threads_of "${server_pid[server]}")
    curl -fs "${http_at[server]}/metrics" >"$work/after-$run.txt"
    measure_peak "$work/peak.json"
    echo "$factor $round $peak_before $peak $rss $high $threads" >>"$work/rows"
    say "round $round, $factor×: peak $peak_before and $peak answers/s"
  done
done
# What is left of it when it is over: the same half of the peak as at first.
load server "${traffic[@]}" --rps $((peak / 2)) --deadline "$deadline" --duration 5s --warmup 1s --json "$work/after.json" >/dev/null || true
curl -fs "${http_at[server]}/metrics" | grep -E '^recsys_admission' >"$work/admission.txt" || true

facts >"$work/facts.json"
status=0
python3 load-tests/overload.py "$work" "$result" "$deadline" "$before" "${MIN_GOODPUT:-0.9}" || status=$?
say "written to $result"
exit "$status"
