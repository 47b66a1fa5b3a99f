#!/usr/bin/env bash
# The latency curve: one server on one core, the generator on another, a million items of 64 dimensions. p50, p99 and p99.9 against the offered rate (open loop) for users that are known, never seen, and under a filter; the highest rate with p99
# within SLO; CPU and allocated bytes of the server per request at a steady rate.
# usage: load-tests/curve.sh [RESULT.json]      (through ./dev bench curve)
#   KINDS="warm cold filtered"  STEPS=8  STEP_SECONDS=6  SEARCH_SECONDS=5  SLO=5ms  STEADY_RPS=1000    what is measured, how long
#   BUNDLE=DIR | ITEMS=1000000 USERS=100000 DIM=64   INDEX=Fast   FILTER="stock > 40"                 what is served (load-tests/server.sh has more)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source load-tests/server.sh
result=${1:-$results/curve.json}
users=${USERS:-100000} slo=${SLO:-5ms} steps=${STEPS:-8} step_seconds=${STEP_SECONDS:-6} search_seconds=${SEARCH_SECONDS:-5} steady=${STEADY_RPS:-1000}
filter=${FILTER:-stock > 40}
read -ra kinds <<<"${KINDS:-warm cold filtered}"
build_for_load src/Inference.Server src/Inference.Cli
bundle=${BUNDLE:-$(demo_bundle "${ITEMS:-1000000}" "$users" "${DIM:-64}")}

say "starting the server on core $server_core (an index that is not kept yet is built first, which takes minutes for a million items)"
# The index is built on all cores, and kept; then the server starts anew on its one.
core=0-$(($(nproc) - 1)) server_start build "$bundle" --Inference:Index:Kind="${INDEX:-Fast}"
server_stop build
server_start server "$bundle" --Inference:Index:Kind="${INDEX:-Fast}"
sleep 2

who() { # who KIND: the generator's options for it
  case $1 in
    warm) traffic=(--mix warm=1) ;;
    cold) traffic=(--mix cold=1 --context country=DE --context country=US --context device=phone --context device=desktop) ;;
    filtered) traffic=(--mix filtered=1 --filter "$filter") ;;
    *) fail "KINDS are warm, cold and filtered, not '$1'" ;;
  esac
  traffic+=(--users "$users" --zipf "${ZIPF:-0.9}" --limit 10 --slo "$slo" --deadline 1s --connections 4)
}

: >"$work/kinds"
for kind in "${kinds[@]}"; do
  who "$kind"
  say "$kind: warming up"
  load server "${traffic[@]}" --rps 300,1000 --duration 4s --warmup 1s --json "$work/warm-up.json" >/dev/null || true
  # The server's own use, at a rate that it does not mind.
  before_cpu=$(cpu_us "${server_pid[server]}") before_bytes=$(allocated_bytes server)
  load server "${traffic[@]}" --rps "$steady" --duration 10s --warmup 0s --json "$work/steady.json" >/dev/null || true
  after_cpu=$(cpu_us "${server_pid[server]}") after_bytes=$(allocated_bytes server)
  say "$kind: searching for the highest rate with p99 within $slo"
  load server "${traffic[@]}" --search "${SEARCH_FROM:-200}:${SEARCH_TO:-20000}" --duration "${search_seconds}s" --warmup 1s --json "$work/$kind-search.json" >/dev/null || true
  # Eight rates up to a tenth above the highest: the bend is in the picture.
  rates=$(python3 -c 'import json, sys; top = json.load(open(sys.argv[1]))["search"]["sustained_rps"] or 200; n = int(sys.argv[2]); print(",".join(str(round(top * 1.1 * (i + 1) / n)) for i in range(n)))' "$work/$kind-search.json" "$steps")
  say "$kind: the curve at $rates"
  load server "${traffic[@]}" --rps "$rates" --duration "${step_seconds}s" --warmup 1s --json "$work/$kind.json" >/dev/null || true
  printf '%s %s %s\n' "$kind" "$((after_cpu - before_cpu))" "$((after_bytes - before_bytes))" >>"$work/kinds"
  cp "$work/steady.json" "$work/$kind-steady.json"
done

facts >"$work/facts.json"
curl -fs "${http_at[server]}/metrics" >"$work/metrics.txt"
python3 - "$work" "$result" "$slo" "$(basename "$(dirname "$bundle")")" "$(rss_bytes "${server_pid[server]}")" <<'PY'
import json, sys
work, result, slo, bundle, rss = sys.argv[1:]
kinds = {}
print(f"\n| kind | rate with p99 within {slo} | p50 / p99 / p99.9 ms at half of it | CPU µs/request | bytes/request |\n| --- | ---: | ---: | ---: | ---: |")
for line in open(f"{work}/kinds"):
    kind, cpu, allocated = line.split()
    search, curve, steady = (json.load(open(f"{work}/{kind}{part}.json")) for part in ("-search", "", "-steady"))
    top = search["search"]["sustained_rps"]
    half = min(curve["steps"], key=lambda step: abs(step["offered_rps"] - top / 2))
    answered = steady["answered"] or 1
    kinds[kind] = {"sustained_rps": top, "cpu_us_per_request": round(int(cpu) / answered, 1), "allocated_bytes_per_request": round(int(allocated) / answered), "steady": steady,
                   "generator_late": any(step["generator_late"] for step in curve["steps"]), "search": search["steps"], "steps": curve["steps"]}
    for step in kinds[kind]["search"] + [steady]:  # the steps of the curve keep their series and percentiles; the others need not
        step.pop("series", None), step.pop("percentiles_us", None)
    l = half["latency_us"]
    print(f'| {kind} | {top:,.0f}/s | {l["p50"] / 1e3:.2f} / {l["p99"] / 1e3:.2f} / {l["p99_9"] / 1e3:.2f} | {kinds[kind]["cpu_us_per_request"]} | {kinds[kind]["allocated_bytes_per_request"]:,} |')
json.dump({**json.load(open(f"{work}/facts.json")), "bundle": bundle, "slo": slo, "resident_bytes": int(rss), "kinds": kinds}, open(result, "w"), indent=1)
PY
pictures=${PICTURES:-docs/images}
mkdir -p "$pictures"
for kind in "${kinds[@]}"; do plots+=("$kind=$work/$kind.json"); done
dotnet "$cli_dll" load plot "${plots[@]}" --out "$pictures/latency-curve.svg" --title "Latency against offered load, one core, open loop"
say "written to $result and $pictures/latency-curve.svg"
