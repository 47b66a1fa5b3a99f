#!/usr/bin/env bash
# More than can be done: the server on one core, the generator on another, open loop, at half, once, two, three and five times its peak, every call with a deadline. Goodput (answers within the deadline), how soon the rest is turned away, memory.
# The exact index is searched by default: it makes a call dear enough that the generator can offer five times as many as there can be answered.
# usage: load-tests/overload.sh [RESULT.json]      (through ./dev bench overload)
#   DEADLINE=50ms  SECONDS_EACH=10  FACTORS="0.5 1 2 3 5"  MIX=warm=1   what is offered
#   BUNDLE=DIR | ITEMS=1000000 USERS=100000 DIM=64   INDEX=Exact        what is served (load-tests/server.sh has more)
#   MIN_GOODPUT=0.9                                                     exits 1 where the goodput at and above the peak is a smaller share of it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source load-tests/server.sh
result=${1:-$results/overload.json}
deadline=${DEADLINE:-50ms} seconds=${SECONDS_EACH:-10} users=${USERS:-100000}
read -ra factors <<<"${FACTORS:-0.5 1 2 3 5}"
build_for_load src/Inference.Server src/Inference.Cli
bundle=${BUNDLE:-$(demo_bundle "${ITEMS:-1000000}" "$users" "${DIM:-64}")}
# Many users and a small cache of their embeddings: nearly every call runs the user tower and a search.
server_start server "$bundle" --Inference:Index:Kind="${INDEX:-Exact}" --Inference:State:EmbeddingCacheBytes=1048576

# shellcheck disable=SC2206
traffic=(--mix "${MIX:-warm=1}" --users "$users" --items "${ITEMS:-1000000}" --in-order --limit 10 --slo "$deadline" --connections 4 --context country=DE --filter "${FILTER:-stock > 40}" ${LOAD_ARGS:---surface home})
load server "${traffic[@]}" --rps 300,1000 --duration 4s --warmup 1s --json "$work/warm-up.json" >/dev/null || true
# The peak: far too much is offered, 32 on their way at a time and no hurry; what is beyond them is not sent.
for round in 1 2 3; do load server "${traffic[@]}" --rps 30000 --max-in-flight 32 --deadline 10s --duration 4s --warmup 1s --json "$work/peak-$round.json" >/dev/null || true; done
peak=$(python3 -c 'import json, statistics, sys; print(round(statistics.median(json.load(open(f))["achieved_rps"] for f in sys.argv[1:])))' "$work"/peak-*.json)
[[ $peak -gt 0 ]] || fail "the server answered nothing"
say "peak: $peak answers/s"
: >"$work/rows"
before=$(rss_bytes "${server_pid[server]}")
for factor in "${factors[@]}"; do
  rps=$(awk -v p="$peak" -v f="$factor" 'BEGIN {printf "%.0f", p * f}')
  curl -fs "${http_at[server]}/metrics" >"$work/before-$factor.txt"
  load server "${traffic[@]}" --rps "$rps" --deadline "$deadline" --duration "${seconds}s" --warmup 3s --json "$work/at-$factor.json" >/dev/null || true
  echo "$factor $(rss_bytes "${server_pid[server]}") $(awk '/^VmHWM/ {printf "%.0f", $2 * 1024}' "/proc/${server_pid[server]}/status") $(threads_of "${server_pid[server]}")" >>"$work/rows"
  curl -fs "${http_at[server]}/metrics" >"$work/after-$factor.txt"
  sleep 1
done
# What is left of it when it is over: the same half of the peak as at first.
load server "${traffic[@]}" --rps $((peak / 2)) --deadline "$deadline" --duration 5s --warmup 1s --json "$work/after.json" >/dev/null || true
curl -fs "${http_at[server]}/metrics" | grep -E '^recsys_admission' >"$work/admission.txt" || true

facts >"$work/facts.json"
status=0
python3 - "$work" "$result" "$peak" "$deadline" "$before" "${MIN_GOODPUT:-0.9}" <<'PY' || status=$?
import json, sys
work, result, peak, deadline, before, least = sys.argv[1:]
peak, rows, missed = float(peak), [], []

def total(path, name, label):
    """The sum of a metric over its series with a label."""
    return sum(float(line.split()[1]) for line in open(path) if line.startswith(name + "{") and label in line)

def at_the_server(factor):
    """Of the calls that were refused: how many the server answered within a millisecond of their headers, and how many had been let wait in vain (DEADLINE_EXCEEDED by the caller is not a refusal)."""
    def grown(name, label):
        return total(f"{work}/after-{factor}.txt", name, label) - total(f"{work}/before-{factor}.txt", name, label)
    def within(bound):
        def buckets(path):
            return sum(float(line.split()[1]) for line in open(path) if line.startswith("rpc_server_call_duration_seconds_bucket{") and 'rpc_status_code="UNAVAILABLE"' in line and f'le="{bound}"' in line)
        return buckets(f"{work}/after-{factor}.txt") - buckets(f"{work}/before-{factor}.txt")
    count = grown("rpc_server_call_duration_seconds_count", 'rpc_status_code="UNAVAILABLE"')
    shed = {reason: grown("recsys_admission_shed_total", f'reason="{reason}"') for reason in ("wait", "queue_full", "deadline", "calls", "expired", "pushed_out")}
    waited = shed["expired"] + shed["pushed_out"]
    return {"refused": count, "within_1ms": within("0.001"), "waited_in_vain": waited, "shed": shed}

print(f"\n| offered | per second | answers within {deadline}/s | of the peak | turned away | with RetryInfo | turned away p50 / p99 ms (since sent) | within 1 ms at the server, of those that did not wait | other errors | memory MB |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
for line in open(f"{work}/rows"):
    factor, rss, high, threads = line.split()
    load = json.load(open(f"{work}/at-{factor}.json"))
    shed, offered = load["shed"], load["offered"] or 1
    others = offered - load["answered"] - shed["count"]
    share = load["goodput_rps"] / peak
    server = at_the_server(factor)
    rows.append({"factor": float(factor), "at_the_server": server, "goodput_of_peak": round(share, 4), "resident_bytes": int(rss), "resident_bytes_highest": int(high), "threads": int(threads), "load": load})
    if float(factor) >= 1 and share < float(least):
        missed.append(f"{share:.0%} of the peak at {factor}×")
    since = shed["since_sent_us"]
    print(f'| {factor}× | {load["offered_rps"]:,.0f} | {load["goodput_rps"]:,.0f} | {share:.0%} | {shed["count"] / offered:.1%} | {shed["with_retry_info"] / max(1, shed["count"]):.0%} | {since["p50"] / 1e3:.2f} / {since["p99"] / 1e3:.2f} | {min(1, server["within_1ms"] / max(1, server["refused"] - server["waited_in_vain"])):.1%} | {others / offered:.1%} | {int(rss) / 1e6:,.0f} |')
    if load["generator_late"]:
        print(f"  (the generator itself was late at {factor}×: p99 of sending {load['send_lag_us']['p99'] / 1e3:.1f} ms)", file=sys.stderr)
after = json.load(open(f"{work}/after.json"))
print(f'\nafterwards, at half the peak: {after["goodput_rps"]:,.0f}/s in time, p99 {after["latency_us"]["p99"] / 1e3:.2f} ms')
json.dump({**json.load(open(f"{work}/facts.json")), "peak_rps": peak, "deadline": deadline, "resident_bytes_before": int(before), "rows": rows, "after": after, "gates_missed": missed}, open(result, "w"), indent=1)
if missed:
    print("MISSED: " + "; ".join(missed))
sys.exit(1 if missed else 0)
PY
say "written to $result"
exit "$status"
