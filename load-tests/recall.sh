#!/usr/bin/env bash
# What live recall costs those who are served, and how soon a damaged index is noticed. Servers on one core, the generator on the other, open loop.
#  1 cost: one server for each share of the searches that is checked (none, 0.1 %, 1 %), asked in turns; throughput with 64 requests on their way, and latency and processor time at a steady rate.
#  2 notice: a server whose graph has broken links, fresh for each rate and share; seconds from the first request until /readyz says so.
# usage: load-tests/recall.sh [ROUNDS=5] [ITEMS=1000000] [RESULT.json]      (through ./dev bench recall)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-5} items=${2:-1000000} result=${3:-load-tests/results/recall.json}
port=${PORT:-5131} rps=${RPS:-500} seconds=${SECONDS_EACH:-15} patience=${PATIENCE:-900}
notice=${NOTICE:-200:0.001 200:0.01 1000:0.001 1000:0.01} kind=${KIND:-Fast}
server_core=${SERVER_CORE:-0} client_core=${CLIENT_CORE:-1}
shares=(0 0.001 0.01)
cli="dotnet artifacts/bin/Inference.Cli/release/inference.dll"
[[ -n ${NO_BUILD:-} ]] || dotnet build src/Inference.Server -c Release -v q -nologo -clp:NoSummary
[[ -n ${NO_BUILD:-} ]] || dotnet build src/Inference.Cli -c Release -v q -nologo -clp:NoSummary

work=$(mktemp -d)
servers=()
stop() { # stop PID
  kill -TERM "$1" 2>/dev/null && wait "$1" 2>/dev/null || true
}
trap 'for server in "${servers[@]}"; do stop "$server"; done; rm -rf "$work"' EXIT
dotnet artifacts/bin/Benchmarks/release/Benchmarks.dll recall-bundle "$work" "$items" "$kind"

start() { # start BUNDLE PORT OPTIONS...: the server's process id in $started
  local bundle=$1 at=$2
  shift 2
  taskset -c "$server_core" dotnet artifacts/bin/Inference.Server/release/Inference.Server.dll --bundle "$bundle" "--Inference:Server:GrpcAddress=127.0.0.1:$at" \
    "--Inference:Server:HttpAddress=127.0.0.1:$((at + 50))" "--Inference:Index:Kind=$kind" "$@" >"$work/log-$at" 2>&1 &
  started=$!
  servers+=("$started")
  for _ in $(seq 3000); do
    curl -fs "http://127.0.0.1:$((at + 50))/readyz" >/dev/null 2>&1 && return
    kill -0 "$started" 2>/dev/null || { cat "$work/log-$at" >&2; exit 1; }
    sleep 0.2
  done
  cat "$work/log-$at" >&2
  exit 1
}
load() { # load PORT FILE OPTIONS...
  local at=$1 file=$2
  shift 2
  taskset -c "$client_core" $cli load --address "http://127.0.0.1:$at" --users 40000 --in-order --limit 10 --warmup 2s --json "$file" "$@" >/dev/null
}
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; } # processor time of a process, in hundredths of a second

# :: Part 1 the cost
pids=()
for i in "${!shares[@]}"; do
  start "$work/sound/1" $((port + i)) "--Inference:Recall:Share=${shares[i]}"
  pids+=("$started")
done
for round in $(seq "$rounds"); do
  for i in "${!shares[@]}"; do
    load $((port + i)) "$work/capacity-${shares[i]}-$round.json" --rps 50000 --max-in-flight 64 --deadline 10s --duration "${seconds}s" || true # what is beyond the 64 is not sent, and counts as an error
    before=$(ticks "${pids[i]}")
    load $((port + i)) "$work/steady-${shares[i]}-$round.json" --rps "$rps" --duration "${seconds}s"
    echo $(($(ticks "${pids[i]}") - before)) >"$work/ticks-${shares[i]}-$round"
  done
done
for i in "${!shares[@]}"; do
  $cli models status --address "http://127.0.0.1:$((port + i))" --json "$work/status-${shares[i]}.json" >/dev/null
  stop "${pids[i]}"
done

# :: Part 2 the notice
for pair in $notice; do
  rate=${pair%%:*} share=${pair##*:}
  start "$work/damaged/1" $((port + 10)) "--Inference:Recall:Share=$share"
  taskset -c "$client_core" $cli load --address "http://127.0.0.1:$((port + 10))" --users 40000 --in-order --limit 10 --rps "$rate" --duration "${patience}s" --warmup 0s >/dev/null 2>&1 &
  loading=$!
  begun=$(date +%s.%N)
  noticed=null
  while kill -0 $loading 2>/dev/null; do
    if curl -fs "http://127.0.0.1:$((port + 60))/readyz" | grep -q '^ready, but The index'; then
      noticed=$(awk -v a="$begun" -v b="$(date +%s.%N)" 'BEGIN {printf "%.1f", b - a}')
      break
    fi
    sleep 0.1
  done
  kill $loading 2>/dev/null || true
  wait $loading 2>/dev/null || true
  $cli models status --address "http://127.0.0.1:$((port + 10))" --json "$work/notice-$rate-$share.json" >/dev/null
  echo "$noticed" >"$work/noticed-$rate-$share"
  stop "$started"
done

mkdir -p "$(dirname "$result")"
python3 - "$work" "$rounds" "$items" "$kind" "$rps" "$seconds" "$notice" "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" "$result" "${shares[@]}" <<'PY'
import json, statistics, sys
work, rounds, items, kind, rps, seconds, notice, commit, result, *shares = sys.argv[1:]
rounds = int(rounds)
median = statistics.median
rows = []
for share in shares:
    capacity = [json.load(open(f"{work}/capacity-{share}-{n}.json")) for n in range(1, rounds + 1)]
    steady = [json.load(open(f"{work}/steady-{share}-{n}.json")) for n in range(1, rounds + 1)]
    ticks = [int(open(f"{work}/ticks-{share}-{n}").read()) for n in range(1, rounds + 1)]
    recall = json.load(open(f"{work}/status-{share}.json")).get("recall")
    rows.append({
        "share": float(share), "replies_per_second": [run["achieved_rps"] for run in capacity], "p50_us": [run["latency_us"]["p50"] for run in steady], "p99_us": [run["latency_us"]["p99"] for run in steady],
        "cpu_us_per_request": [tick * 10_000 / max(1, run["answered"]) for tick, run in zip(ticks, steady)], "errors": sum(run["offered"] - run["answered"] for run in steady), "recall": recall})
base = rows[0]
ratio = lambda row, key: median(a / b for a, b in zip(row[key], base[key]))
print(f"{int(items):,} items, {kind}, {rounds} rounds in turns, medians; ratios are medians over rounds\n")
print("| checked | replies/s | ratio | p50 µs | p99 µs | ratio of p99 | CPU µs/request | ratio | checks | dropped |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
for row in rows:
    recall = row["recall"] or {}
    print(f'| {row["share"]:.1%} | {median(row["replies_per_second"]):,.0f} | {ratio(row, "replies_per_second"):.3f} | {median(row["p50_us"]):.0f} | {median(row["p99_us"]):.0f} | {ratio(row, "p99_us"):.3f} | {median(row["cpu_us_per_request"]):.1f} | {ratio(row, "cpu_us_per_request"):.3f} | {recall.get("checked", 0)} | {recall.get("dropped", 0)} |')
noticed = []
print("\n| requests/s | checked | seconds until noticed | checks by then | dropped | recall |\n| ---: | ---: | ---: | ---: | ---: | ---: |")
for pair in notice.split():
    rate, share = pair.split(":")
    took, status = json.load(open(f"{work}/noticed-{rate}-{share}")), json.load(open(f"{work}/notice-{rate}-{share}.json")).get("recall") or {}
    noticed.append({"rps": float(rate), "share": float(share), "seconds": took, "recall": status})
    print(f'| {rate} | {float(share):.1%} | {took} | {status.get("checked", 0)} | {status.get("dropped", 0)} | {status.get("overall", {}).get("recall", float("nan")):.3f} |')
json.dump({"commit": commit, "items": int(items), "kind": kind, "rounds": rounds, "rps": float(rps), "seconds": float(seconds), "cost": rows, "noticed": noticed}, open(result, "w"), indent=1)
PY
