#!/usr/bin/env bash
# Half an hour at 70 % of what the server sustains with p99 within 25 ms, with mixed traffic and events: does anything grow? Memory, managed heap, handles, threads and p99 by minute are judged by their slopes after the first fifth of the time; pauses of the collector come from the
# server's own metrics. Server and generator have a core each.
# usage: load-tests/soak.sh [RESULT.json]      (through ./dev bench soak)
#   MINUTES=30  SHARE=0.7  PEAK_P99=25ms  RPS=…    how long, and how much: a share of the highest rate that a search finds, or what RPS says
#   FILL=180  FILL_RPS=4000                        seconds of events alone before that: until what is kept of users and counts is as full as it gets, what grows is no leak
#   MIX="warm=65,cold=10,session=10,filtered=5,similar=5,events=5"
#   BUNDLE=DIR | ITEMS=1000000 USERS=100000 DIM=64   INDEX=Fast    what is served (load-tests/server.sh has more)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source load-tests/server.sh
result=${1:-$results/soak.json}
minutes=${MINUTES:-30} users=${USERS:-100000}
build_for_load src/Inference.Server src/Inference.Cli
bundle=${BUNDLE:-$(demo_bundle "${ITEMS:-1000000}" "$users" "${DIM:-64}")}
settings=(--Inference:Index:Kind="${INDEX:-Fast}")
core=0-$(($(nproc) - 1)) server_start build "$bundle" "${settings[@]}"
server_stop build
server_start server "$bundle" "${settings[@]}"
pid=${server_pid[server]}

traffic=(--users "$users" --items "${ITEMS:-1000000}" --zipf "${ZIPF:-0.9}" --limit 10 --connections 4 --context country=DE --context country=US --context device=phone --filter "${FILTER:-stock > 40}")
mixed=(--mix "${MIX:-warm=65,cold=10,session=10,filtered=5,similar=5,events=5}")
load server "${traffic[@]}" "${mixed[@]}" --rps 300,1000,3000 --duration 5s --warmup 1s --json "$work/warm-up.json" >/dev/null || true
if ((${FILL:-180} > 0)); then
  say "filling what is kept of users and counts: ${FILL_RPS:-4000} events/s for ${FILL:-180} s"
  load server "${traffic[@]}" --mix events=1 --rps "${FILL_RPS:-4000}" --duration "${FILL:-180}s" --warmup 1s --json "$work/fill.json" >/dev/null || true
  [[ -s $work/fill.json ]] || fail "the events before the soak were not sent"
fi
if [[ -z ${RPS:-} ]]; then
  load server "${traffic[@]}" "${mixed[@]}" --search 1000:30000 --slo "${PEAK_P99:-25ms}" --duration 5s --warmup 2s --json "$work/peak.json" >/dev/null || true
  sustained=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["search"]["sustained_rps"])' "$work/peak.json")
  RPS=$(python3 -c 'import sys; print(max(1, round(float(sys.argv[1]) * float(sys.argv[2]))))' "$sustained" "${SHARE:-0.7}")
fi
say "offering $RPS/s for $minutes minutes${sustained:+, of $sustained/s that are sustained}"

sample() { # every second until the file is gone
  local begin
  begin=$(date +%s.%N)
  while [[ -f $work/sampling ]]; do
    curl -fs "${http_at[server]}/metrics" 2>/dev/null | awk -v second="$(date +%s.%N)" -v begin="$begin" -v rss="$(rss_bytes "$pid")" -v handles="$(handles_of "$pid")" -v threads="$(threads_of "$pid")" '
      /^dotnet_gc_last_collection_heap_size_bytes/ {heap += $2} /^dotnet_gc_collections_total/ {collections += $2} /^dotnet_gc_pause_time_seconds_total/ {pause += $2}
      END {if (NR) printf "%.1f %.0f %.0f %d %d %d %.6f\n", second - begin, rss, heap, handles, threads, collections, pause}' >>"$work/samples" || true
    sleep 1
  done
}
touch "$work/sampling"
sample &
sampler=$!
load server "${traffic[@]}" "${mixed[@]}" --rps "$RPS" --duration "$(awk -v m="$minutes" 'BEGIN {printf "%.0fs", m * 60}')" --warmup 5s --interval "${INTERVAL:-60s}" --json "$work/load.json" >/dev/null || true
rm -f "$work/sampling"
wait "$sampler" || true

facts | python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin) | {"sustained_rps": float(sys.argv[1] or 0) or None}))' "${sustained:-}" >"$work/facts.json"
status=0
python3 load-tests/soak.py "$work/samples" "$work/load.json" "$work/facts.json" "$result" || status=$?
pictures=${PICTURES:-docs/images}
mkdir -p "$pictures"
dotnet "$cli_dll" load plot "$work/load.json" --kind series --out "$pictures/soak.svg" --title "Latency by minute at $RPS requests/s, one core"
say "written to $result and $pictures/soak.svg"
exit "$status"
