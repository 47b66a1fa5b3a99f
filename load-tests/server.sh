# What the scripts of this folder share: a server on a core of its own, what it has used, and the generator on another core. To be sourced, from the root of the repository, after `set -euo pipefail`.
#
#   SERVER_CORE=0 CLIENT_CORE=1        who runs where (taskset)
#   NO_BUILD=1                         take what is built
#   BUNDLE=DIR                         a bundle to serve instead of one that is made
#   SERVER_ARGS="--A=b --C=d"          more options of the server
#
# server_start NAME BUNDLE [OPTIONS…]  starts a server and waits until it is ready; sets server_pid[NAME], grpc_at[NAME], http_at[NAME]
# server_stop NAME                     ends it
# cpu_us PID · rss_bytes PID · threads_of PID · handles_of PID · metric NAME METRIC      what it has used so far
# load NAME ARGS…                      the generator, on its core
# facts                                a JSON object: machine, cores, memory, kernel, runtime, commit, settings

server_core=${SERVER_CORE:-0} client_core=${CLIENT_CORE:-1}
server_dll=artifacts/bin/Inference.Server/release/Inference.Server.dll
cli_dll=artifacts/bin/Inference.Cli/release/inference.dll
benchmarks_dll=artifacts/bin/Benchmarks/release/Benchmarks.dll
results=load-tests/results
export ORT_DISABLE_TELEMETRY=1 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
# The server's alone, as deploy/runtime.env has it: the generator keeps so little that its collections are short.
gen0size=${DOTNET_GCgen0size:-0x400000}
mkdir -p "$results"
work=$(mktemp -d)
declare -A server_pid grpc_at http_at

fail() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; exit 1; }
say() { printf '%s\n' "$*" >&2; }
need() { command -v "$1" >/dev/null || fail "$1 is missing: apt-get install $2"; }

at_exit() {
  local name
  for name in "${!server_pid[@]}"; do server_stop "$name"; done
  rm -rf "$work"
}
trap at_exit EXIT
trap 'exit 130' INT TERM

build_for_load() { # build_for_load PROJECT…
  local project
  [[ -z ${NO_BUILD:-} ]] || return 0
  for project in "$@"; do dotnet build "$project" -c Release -v q -nologo -tl:off -clp:NoSummary >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; fail "the build of $project failed"; }; done
}

# A port that nobody listens on now.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# The demo world of so many items, made once.
demo_bundle() { # demo_bundle ITEMS USERS DIM: prints the bundle's folder
  local models=${MODELS:-.local/models-$1x$3}
  [[ -f $models/demo/1/manifest.json ]] || { say "making a demo world of $1 items, $2 users and $3 dimensions in $models"; dotnet "$cli_dll" demo --out "$models" --items "$1" --users "$2" --dim "$3" >/dev/null || fail "the demo world could not be made"; }
  printf '%s\n' "$models/demo/1"
}

server_start() { # server_start NAME BUNDLE [OPTIONS…]
  local name=$1 bundle=$2 grpc http
  shift 2
  grpc=$(free_port) http=$(free_port)
  [[ -f $bundle/manifest.json ]] || fail "there is no bundle in $bundle"
  # shellcheck disable=SC2086
  DOTNET_GCgen0size=$gen0size taskset -c "${core:-$server_core}" dotnet "$server_dll" --bundle "$bundle" "--Inference:Server:GrpcAddress=http://127.0.0.1:$grpc" "--Inference:Server:HttpAddress=http://127.0.0.1:$http" "$@" ${SERVER_ARGS:-} >"$work/$name.log" 2>&1 &
  server_pid[$name]=$! grpc_at[$name]=127.0.0.1:$grpc http_at[$name]=http://127.0.0.1:$http
  server_wait "$name" "${READY_SECONDS:-1200}"
}

server_wait() { # server_wait NAME SECONDS
  local name=$1 left=$(($2 * 5))
  until curl -fs "${http_at[$name]}/readyz" >/dev/null 2>&1; do
    kill -0 "${server_pid[$name]}" 2>/dev/null || { tail -30 "$work/$name.log" >&2; fail "the server '$name' did not start"; }
    ((left-- > 0)) || { tail -30 "$work/$name.log" >&2; fail "the server '$name' was not ready within $2 s"; }
    sleep 0.2
  done
}

server_stop() { # server_stop NAME
  local pid=${server_pid[$1]:-}
  [[ -n $pid ]] || return 0
  unset "server_pid[$1]"
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

cpu_us() { awk -v hz="$(getconf CLK_TCK)" '{sub(/^.*\) /, ""); printf "%.0f", ($12 + $13) * 1000000 / hz}' "/proc/$1/stat"; }
rss_bytes() { awk '/^VmRSS/ {printf "%.0f", $2 * 1024}' "/proc/$1/status"; }
threads_of() { awk '/^Threads/ {print $2}' "/proc/$1/status"; }
handles_of() { ls "/proc/$1/fd" 2>/dev/null | wc -l; }
# The sum of a metric of the server's /metrics over all its labels; 0 where there is none.
metric() { curl -fs "${http_at[$1]}/metrics" | awk -v name="$2" 'index($1, name) == 1 && (substr($1, length(name) + 1, 1) == "{" || length($1) == length(name)) {sum += $2} END {printf "%.0f", sum}'; }
allocated_bytes() { metric "$1" dotnet_gc_heap_total_allocated_bytes_total; }

load() { # load NAME ARGS…
  local name=$1
  shift
  taskset -c "$client_core" dotnet "$cli_dll" load --address "http://${grpc_at[$name]}" "$@"
}

facts() {
  GEN0SIZE=$gen0size python3 - <<'PY'
import json, os, platform, subprocess, time
def first(path, key):
    try:
        with open(path) as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(key))
    except (OSError, StopIteration):
        return "unknown"
def run(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
commit = run("git", "rev-parse", "--short", "HEAD") or "unknown"
print(json.dumps({
    "machine": first("/proc/cpuinfo", "model name"), "cores": os.cpu_count(), "memory": first("/proc/meminfo", "MemTotal"), "kernel": platform.release(), "runtime": run("dotnet", "--version"),
    "commit": commit + ("+" if run("git", "status", "--porcelain") else ""), "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "load_average": os.getloadavg()[0],
    "settings": {"DOTNET_GCgen0size": os.environ["GEN0SIZE"]} | {name: value for name, value in os.environ.items() if name.startswith(("DOTNET_GC", "DOTNET_Tiered", "DOTNET_TC_", "DOTNET_ReadyToRun", "Inference__")) or name == "SERVER_ARGS"},
}))
PY
}
