#!/usr/bin/env bash
# What gRPC costs on top of Kestrel: an echo-sized unary call against our server, and a bare Kestrel POST that reads and writes the same bytes.
# Both servers run side by side on one core, h2load (Debian: nghttp2-client) on another; the rounds are interleaved, so that a slow minute of the machine hits both.
# usage: load-tests/transport.sh [ROUNDS=7] [SECONDS=3] [RESULT.json]      (through ./dev bench transport)
#        BENCHMARKS=path/to/Benchmarks.dll  SERVER_CORE=0  CLIENT_CORE=1  CONNECTIONS=8  STREAMS=16
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-7} seconds=${2:-3} result=${3:-load-tests/results/transport.json}
benchmarks=${BENCHMARKS:-artifacts/bin/Benchmarks/release/Benchmarks.dll}
server_core=${SERVER_CORE:-0} client_core=${CLIENT_CORE:-1} connections=${CONNECTIONS:-8} streams=${STREAMS:-16}
command -v h2load >/dev/null || { echo "transport: h2load is missing: apt-get install nghttp2-client" >&2; exit 1; }
[[ -f $benchmarks ]] || { echo "transport: $benchmarks is missing: dotnet build tests/Benchmarks -c Release" >&2; exit 1; }

work=$(mktemp -d)
declare -A pid grpc_address http_address
stop() { for p in "${pid[@]}"; do kill -TERM "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap stop EXIT

dotnet "$benchmarks" transport-request >"$work/request.bin"
for kind in grpc bare; do
  : >"$work/$kind.log"
  taskset -c "$server_core" dotnet "$benchmarks" transport-server --kind "$kind" --port 0 >"$work/$kind.log" 2>&1 &
  pid[$kind]=$!
  for _ in $(seq 100); do
    read -r grpc_address[$kind] http_address[$kind] <"$work/$kind.log" && [[ -n ${http_address[$kind]:-} ]] && break
    kill -0 "${pid[$kind]}" 2>/dev/null || { cat "$work/$kind.log" >&2; exit 1; }
    sleep 0.1
  done
done

# A correct answer first: h2load does not look at grpc-status.
curl -fsS --http2-prior-knowledge -o "$work/reply.bin" -H 'content-type: application/grpc' -H 'te: trailers' \
  --data-binary @"$work/request.bin" "${grpc_address[grpc]}/benchmarks.Echo/Echo"
curl -fsS --http2-prior-knowledge -o "$work/bare.bin" -H 'content-type: application/grpc' --data-binary @"$work/request.bin" "${grpc_address[bare]}/benchmarks.Echo/Echo"
cmp "$work/reply.bin" "$work/bare.bin" || { echo "transport: the two servers answer differently" >&2; exit 1; }

allocated() { curl -fs "${http_address[$1]}/allocated"; }
cpu_ticks() { awk '{print $14 + $15}' "/proc/${pid[$1]}/stat"; }
load() { # load KIND SECONDS: prints the number of requests answered
  taskset -c "$client_core" h2load -t1 -c"$connections" -m"$streams" -D"$2" -d "$work/request.bin" \
    -H 'content-type: application/grpc' -H 'te: trailers' "${grpc_address[$1]}/benchmarks.Echo/Echo" >"$work/h2load.txt"
  grep -q ' 0 failed, 0 errored' "$work/h2load.txt" || { cat "$work/h2load.txt" >&2; exit 1; }
  sed -nE 's/^requests: .* ([0-9]+) succeeded.*/\1/p' "$work/h2load.txt"
}

for kind in grpc bare; do load "$kind" 6 >/dev/null; done # both reach the second JIT tier
: >"$work/rounds.csv"
for round in $(seq "$rounds"); do
  for kind in grpc bare; do
    bytes=$(allocated "$kind") ticks=$(cpu_ticks "$kind")
    requests=$(load "$kind" "$seconds")
    ticks=$(($(cpu_ticks "$kind") - ticks)) bytes=$(($(allocated "$kind") - bytes))
    echo "$round,$kind,$requests,$ticks,$bytes" >>"$work/rounds.csv"
  done
done

mkdir -p "$(dirname "$result")"
awk -F, -v hz="$(getconf CLK_TCK)" -v seconds="$seconds" -v rounds="$rounds" -v json="$result" -v connections="$connections" -v streams="$streams" \
  -v commit="$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" -v machine="$(sed -nE 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(nproc) cores" '
  # The median of the rounds: other work on the machine slows some of them down, and speeds none up.
  function median(values, count,   i, j, v) {
    for (i = 2; i <= count; i++) { v = values[i]; for (j = i - 1; j > 0 && values[j] > v; j--) values[j + 1] = values[j]; values[j + 1] = v }
    return count % 2 ? values[(count + 1) / 2] : (values[count / 2] + values[count / 2 + 1]) / 2
  }
  function of(kind, measure,   i, values) { for (i = 1; i <= rounds; i++) values[i] = round[kind, measure, i]; return median(values, rounds) }
  { round[$2, "rps", $1] = $3 / seconds; round[$2, "cpu", $1] = $4 / hz * 1e6 / $3; round[$2, "bytes", $1] = $5 / $3 }
  END {
    split("rps cpu bytes", measures, " "); split("grpc bare", kinds, " ")
    names["rps"] = "requests/s"; names["cpu"] = "server CPU us/request"; names["bytes"] = "allocated B/request"
    printf "%-22s %12s %12s %8s\n", "", "grpc", "bare", "ratio"
    for (m = 1; m <= 3; m++) {
      for (k = 1; k <= 2; k++) result[kinds[k], measures[m]] = of(kinds[k], measures[m])
      g = result["grpc", measures[m]]; b = result["bare", measures[m]]
      printf (measures[m] == "cpu" ? "%-22s %12.2f %12.2f %8.2f\n" : "%-22s %12.0f %12.0f %8.2f\n"), names[measures[m]], g, b, g / b
    }
    printf "{\"rounds\":%d,\"seconds\":%d,\"connections\":%d,\"streams\":%d,", rounds, seconds, connections, streams > json
    for (k = 1; k <= 2; k++)
      printf "\"%s\":{\"requests_per_s\":%.0f,\"cpu_us_per_request\":%.2f,\"allocated_bytes_per_request\":%.0f},", kinds[k], \
        result[kinds[k], "rps"], result[kinds[k], "cpu"], result[kinds[k], "bytes"] > json
    printf "\"cpu_ratio\":%.3f,\"commit\":\"%s\",\"machine\":\"%s\"}\n", result["grpc", "cpu"] / result["bare", "cpu"], commit, machine > json
  }' "$work/rounds.csv"
echo "written to $result"
