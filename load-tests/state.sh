#!/usr/bin/env bash
# Recommend with a Redis behind the server, by where the user's embedding is found: nowhere (the tower runs), in this process (L1), in Redis (L2).
# The server and Redis on one core, the generator on the other, open loop, the demo world.
# usage: load-tests/state.sh [RPS=400] [RESULT.json]      (through ./dev bench state-recommend)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rps=${1:-400} result=${2:-load-tests/results/state-recommend.json}
bundle=.local/models/demo/1
grpc=${GRPC_PORT:-5103} http=${HTTP_PORT:-5183} redis=${REDIS_PORT:-6399}
server_core=${SERVER_CORE:-0} client_core=${CLIENT_CORE:-1}
users=4000 warmers=1000
cli="dotnet artifacts/bin/Inference.Cli/release/inference.dll"
command -v redis-server >/dev/null || { echo "redis-server is needed" >&2; exit 1; }
dotnet build src/Inference.Server -c Release -v q -nologo -clp:NoSummary
dotnet build src/Inference.Cli -c Release -v q -nologo -clp:NoSummary
[[ -f $bundle/manifest.json ]] || $cli demo --out .local/models

work=$(mktemp -d) server=
taskset -c "$server_core" redis-server --port "$redis" --bind 127.0.0.1 --save "" --appendonly no --dir "$work" >"$work/redis.log" 2>&1 &
redis_pid=$!
stop_server() { [[ -z $server ]] || { kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; server=; }; }
trap 'stop_server; kill -TERM $redis_pid 2>/dev/null; wait $redis_pid 2>/dev/null; rm -rf "$work"' EXIT

seq -f 'u%g' 1 $users >"$work/users"
seq -f 'u%g' $((users + 1)) $((users + warmers)) >"$work/warmers"

start_server() {
  taskset -c "$server_core" dotnet artifacts/bin/Inference.Server/release/Inference.Server.dll --bundle "$bundle" \
    "--Inference:Server:GrpcAddress=127.0.0.1:$grpc" "--Inference:Server:HttpAddress=127.0.0.1:$http" "--Inference:Redis:Configuration=127.0.0.1:$redis" >"$work/server.log" 2>&1 &
  server=$!
  for _ in $(seq 150); do
    curl -fs "http://127.0.0.1:$http/readyz" >/dev/null 2>&1 && break
    kill -0 $server 2>/dev/null || { cat "$work/server.log" >&2; exit 1; }
    sleep 0.2
  done
  # Other users bring server and generator to full speed before anything is counted.
  load "$work/warmers" 10 >/dev/null
}
load() { # load USERS SECONDS [ARGS]
  local file=$1 seconds=$2
  shift 2
  taskset -c "$client_core" $cli load --address "http://127.0.0.1:$grpc" --rps "$rps" --users-file "$file" --in-order --duration "${seconds}s" --warmup 0 "$@"
}
allocated() { curl -fs "http://127.0.0.1:$http/metrics" | awk '/^dotnet_gc_heap_total_allocated_bytes_total/ {printf "%.0f", $2}'; }

seconds=$((users / rps))
measure() { # measure NAME: each user once
  local name=$1 bytes
  bytes=$(allocated)
  echo "== $name"
  load "$work/users" "$seconds" --requests "$users" --json "$work/$name.json"
  bytes=$((($(allocated) - bytes) / (rps * seconds)))
  echo "$name: the server allocated $bytes bytes per request"
  printf '{"case":"%s","rps":%s,"server_bytes_per_request":%s,"load":%s}\n' "$name" "$rps" "$bytes" "$(tr -d '\n' <"$work/$name.json")" >>"$work/cases"
}

start_server
measure miss
measure l1
measure l1-again
stop_server
start_server
measure l2
stop_server
mkdir -p "$(dirname "$result")"
printf '{"commit":"%s","machine":"%s","cases":[%s]}\n' "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" \
  "$(sed -nE 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(nproc) cores" "$(paste -sd, "$work/cases")" >"$result"
