#!/usr/bin/env bash
# What a setting of the server costs: servers that differ in it stand on one core, and are asked in turns from another. For each the latency and the processor time per call at a steady rate, and the peak; ratios to the first.
# usage: load-tests/compare.sh [NAME="--A=b --C=d" ...]      (through ./dev bench compare; without arguments: plain, TLS, without admission)
#   ROUNDS=5  RPS=1000  SECONDS_EACH=5     how often, how much, how long;   RESULT=load-tests/results/compare.json
#   BUNDLE=.local/models/demo/1            what is served (load-tests/server.sh has more)
# A setting with Tls:Grpc=Server is asked over TLS; the certificate is made here, and TLS_FILES stands for it in the options.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source load-tests/server.sh
result=${RESULT:-$results/compare.json} rounds=${ROUNDS:-5} rps=${RPS:-1000} seconds=${SECONDS_EACH:-5} bundle=${BUNDLE:-.local/models/demo/1}
need openssl openssl
build_for_load src/Inference.Server src/Inference.Cli
[[ -f $bundle/manifest.json ]] || dotnet "$cli_dll" demo --out "$(dirname "$(dirname "$bundle")")" >/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext "subjectAltName=IP:127.0.0.1,DNS:localhost" -addext "basicConstraints=critical,CA:TRUE" -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
tls="--Inference:Tls:Certificate=$work/cert.pem --Inference:Tls:Key=$work/key.pem --Inference:Tls:Grpc=Server --Inference:Tls:Http=Off"
settings=("$@")
[[ ${#settings[@]} -gt 0 ]] || settings=(plain= tls=TLS_FILES no-admission=--Inference:Admission:Enabled=false)

names=()
for setting in "${settings[@]}"; do
  name=${setting%%=*} options=${setting#*=}
  names+=("$name")
  say "starting '$name'"
  # shellcheck disable=SC2086
  server_start "$name" "$bundle" ${options//TLS_FILES/$tls}
done

ask() { # ask NAME ARGS…: over what the server speaks
  local name=$1 scheme=http trust=()
  shift
  [[ $(tr '\0' ' ' <"/proc/${server_pid[$name]}/cmdline") != *Tls:Grpc=Server* ]] || { scheme=https trust=(--ca "$work/cert.pem"); }
  taskset -c "$client_core" dotnet "$cli_dll" load --address "$scheme://${grpc_at[$name]}" "${trust[@]}" --mix warm=1 --users "${USERS:-5000}" --limit 10 --connections 4 --deadline 10s "$@" >/dev/null 2>"$work/load.err" || { cat "$work/load.err" >&2; fail "the load of '$name' failed"; }
}

for name in "${names[@]}"; do ask "$name" --rps "300,$rps" --duration 4s --warmup 1s; done
: >"$work/rows"
for round in $(seq "$rounds"); do
  for name in "${names[@]}"; do
    # What the generator compiles at its start comes before what is counted.
    ask "$name" --rps "$rps,$rps" --duration 1s --warmup 1s --json "$work/first.json"
    before=$(cpu_us "${server_pid[$name]}")
    ask "$name" --rps "$rps" --duration "${seconds}s" --warmup 3s --json "$work/steady.json"
    steady=$(($(cpu_us "${server_pid[$name]}") - before))
    before=$(cpu_us "${server_pid[$name]}")
    ask "$name" --rps 60000 --max-in-flight 64 --duration "${seconds}s" --warmup 0s --json "$work/peak.json"
    peak=$(($(cpu_us "${server_pid[$name]}") - before))
    python3 -c '
import json, sys
name, steady_cpu, peak_cpu, rps, warm, seconds = sys.argv[3], *map(float, sys.argv[4:])
s, p = (json.load(open(f)) for f in sys.argv[1:3])
calls = s["answered"] + rps * warm  # those of the warm-up are not counted by the generator
print(json.dumps({"name": name, "p50_us": s["latency_us"]["p50"], "p99_us": s["latency_us"]["p99"], "cpu_us": steady_cpu / calls, "peak_rps": p["achieved_rps"], "peak_cpu_us": peak_cpu / max(1, p["answered"])}))' "$work/steady.json" "$work/peak.json" "$name" "$steady" "$peak" "$rps" 3 "$seconds" >>"$work/rows"
  done
done

facts >"$work/facts.json"
python3 - "$work" "$result" "$rps" "${settings[@]}" <<'PY'
import json, statistics, sys
work, result, rps, *settings = sys.argv[1:]
rows = [json.loads(line) for line in open(f"{work}/rows")]
names = list(dict.fromkeys(row["name"] for row in rows))
of = {name: [row for row in rows if row["name"] == name] for name in names}
median = lambda name, key: statistics.median(row[key] for row in of[name])
# Rounds are compared with the same round of the first: the machine changes meanwhile.
ratio = lambda name, key: statistics.median(row[key] / first[key] for row, first in zip(of[name], of[names[0]]))
print(f"\n| {len(of[names[0]])} rounds, medians | p50 ms at {rps}/s | p99 ms | CPU µs/call | peak/s | CPU µs/call at the peak |\n| --- | ---: | ---: | ---: | ---: | ---: |")
for name in names:
    print(f"| {name} | {median(name, 'p50_us') / 1e3:.3f} ({ratio(name, 'p50_us'):.2f}) | {median(name, 'p99_us') / 1e3:.2f} ({ratio(name, 'p99_us'):.2f}) | {median(name, 'cpu_us'):.0f} ({ratio(name, 'cpu_us'):.2f}) | {median(name, 'peak_rps'):,.0f} ({ratio(name, 'peak_rps'):.2f}) | {median(name, 'peak_cpu_us'):.0f} ({ratio(name, 'peak_cpu_us'):.2f}) |")
json.dump({**json.load(open(f"{work}/facts.json")), "rps": float(rps), "compared": dict(setting.split("=", 1) for setting in settings),
           "ratios": {name: {key: round(ratio(name, key), 3) for key in ("p50_us", "p99_us", "cpu_us", "peak_rps", "peak_cpu_us")} for name in names}, "rounds": rows}, open(result, "w"), indent=1)
PY
say "written to $result"
