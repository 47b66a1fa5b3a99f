"""Starts the server once per setting and round, in turns, and measures each the same way. See runtime.sh."""
import argparse, json, os, re, signal, socket, statistics, struct, subprocess, sys, tempfile, time, urllib.request

# What `./dev run` and the images set is the default here; every other setting changes one thing of it.
DEFAULT = {"DOTNET_GCgen0size": "0x400000"}
SETTINGS = {
    "default": {},
    "gen0-of-the-runtime": {"DOTNET_GCgen0size": None},
    "workstation-gc": {"DOTNET_gcServer": "0"},
    "server-gc-without-datas": {"DOTNET_GCDynamicAdaptationMode": "0"},
    "no-concurrent-gc": {"DOTNET_gcConcurrent": "0"},
    "no-pgo": {"DOTNET_TieredPGO": "0"},
    "no-tiers": {"DOTNET_TieredCompilation": "0"},
    "quick-jit": {"DOTNET_TC_QuickJit": "1", "DOTNET_TieredCompilation_QuickJit": "1"},
    "ahead-of-time": {"AHEAD": "1"},
    "inline-completions": {"DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS": "1"},
    # In hexadecimal: the runtime's own 70. On few processors the server itself sets 0.
    "pool-spinning": {"DOTNET_ThreadPool_UnfairSemaphoreSpinLimit": "46"},
    "gen0-of-64-mb": {"DOTNET_GCgen0size": "0x4000000"},
}


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=5) as reply:
        return reply.read().decode()


class Server:
    """One process of the server, until it is stopped."""

    def __init__(self, args, setting):
        self.grpc, self.http = free_port(), free_port()
        environment = {**os.environ, "ORT_DISABLE_TELEMETRY": "1"}
        for name, value in {**DEFAULT, **setting}.items():
            environment.pop(name, None)
            if value is not None:
                environment[name] = value
        dll = args.ahead if "AHEAD" in setting else args.server
        self.log = tempfile.TemporaryFile()
        begun = time.monotonic()
        self.process = subprocess.Popen(
            ["taskset", "-c", args.server_core, "dotnet", dll, "--bundle", args.bundle, "--grpc", f"127.0.0.1:{self.grpc}", "--http", f"127.0.0.1:{self.http}"],
            env=environment, stdout=self.log, stderr=self.log)
        while True:
            try:
                if get(f"http://127.0.0.1:{self.http}/readyz").startswith("ready"):
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() - begun > 600:
                self.log.seek(0)
                sys.exit(f"runtime: the server did not start\n{self.log.read().decode(errors='replace')}")
            time.sleep(0.01)
        self.start_ms = (time.monotonic() - begun) * 1000

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024

    def metrics(self):
        """Sums over labels."""
        sums = {}
        for line in get(f"http://127.0.0.1:{self.http}/metrics").splitlines():
            if line and line[0] != "#":
                name, value = line.split("{")[0].split(" ")[0], line.rsplit(" ", 1)[1]
                sums[name] = sums.get(name, 0) + float(value)
        return sums

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()


def message(user, limit):
    """RecommendRequest { user_id = 1, limit = 4 } as a gRPC frame."""
    body = b"\x0a" + bytes([len(user)]) + user.encode() + b"\x20" + bytes([limit])
    return b"\0" + struct.pack(">I", len(body)) + body


def h2load(args, server, seconds):
    with tempfile.NamedTemporaryFile() as request:
        request.write(message("u1", 10))
        request.flush()
        text = subprocess.run(
            ["taskset", "-c", args.client_core, "h2load", "-t1", "-c4", "-m16", f"-D{seconds}", "-d", request.name, "-H", "content-type: application/grpc", "-H", "te: trailers",
             f"http://127.0.0.1:{server.grpc}/recsys.v1.RecommendationService/Recommend"], capture_output=True, text=True, check=True).stdout
    done = int(re.search(r"(\d+) succeeded", text)[1])
    return done, done / seconds


def open_loop(args, server, rate, seconds, users):
    with tempfile.NamedTemporaryFile() as result:
        subprocess.run(
            ["taskset", "-c", args.client_core, "dotnet", args.cli, "load", "--address", f"http://127.0.0.1:{server.grpc}", "--rps", str(rate), "--users", str(users), "--limit", "10",
             "--duration", f"{seconds}s", "--warmup", "4s", "--json", result.name], check=True, stdout=subprocess.DEVNULL)
        return json.load(open(result.name))["latency_us"]


def measure(args, setting):
    server = Server(args, setting)
    try:
        h2load(args, server, max(4, args.seconds // 2))
        before, cpu = server.metrics(), server.cpu_seconds()
        done, rate = h2load(args, server, args.seconds)
        # h2load does not look at the status of gRPC; the server's own count does.
        after = server.metrics()
        served = after["recsys_recommendations_total"] - before["recsys_recommendations_total"]
        if served < 0.99 * done:
            sys.exit(f"runtime: {done} calls, {served:.0f} slates")
        cpu = (server.cpu_seconds() - cpu) / done * 1e6
        bytes_each = (after["dotnet_gc_heap_total_allocated_bytes_total"] - before["dotnet_gc_heap_total_allocated_bytes_total"]) / done
        latency = open_loop(args, server, args.rate, args.seconds, args.users)
        last = server.metrics()
        pauses = (last["dotnet_gc_pause_time_seconds_total"] - before["dotnet_gc_pause_time_seconds_total"]) * 1000
        collections = last["dotnet_gc_collections_total"] - before["dotnet_gc_collections_total"]
        return {
            "start_ms": server.start_ms, "rate": rate, "cpu_us": cpu, "bytes": bytes_each, "p50_us": latency["p50"], "p99_us": latency["p99"], "p99_9_us": latency["p99_9"],
            "memory_mb": server.memory_mb(), "collections": collections, "pause_ms": pauses / collections if collections else 0.0,
        }
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bundle", "server", "ahead", "cli", "json"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--settings", default="")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rate", type=int, default=3000)
    parser.add_argument("--users", type=int, default=5000)
    parser.add_argument("--server-core", default="0")
    parser.add_argument("--client-core", default="1")
    args = parser.parse_args()
    chosen = [name for name in (args.settings.split(",") if args.settings else SETTINGS) if name != "ahead-of-time" or os.path.exists(args.ahead)]
    figures = {name: [] for name in chosen}
    for turn in range(args.rounds):
        for name in chosen if turn % 2 == 0 else reversed(chosen):
            figures[name].append(measure(args, SETTINGS[name]))
            print(f"round {turn + 1} {name}: {figures[name][-1]['rate']:.0f}/s", file=sys.stderr)
    medians = {name: {key: round(statistics.median(one[key] for one in rounds), 2) for key in rounds[0]} for name, rounds in figures.items()}
    base = medians[chosen[0]]
    print(f"{'setting':26}{'start ms':>9}{'rate/s':>9}{'(x)':>7}{'cpu us':>8}{'B/call':>8}{'p50 us':>8}{'p99 us':>8}{'p99.9':>8}{'MB':>7}{'GCs':>6}{'ms each':>8}")
    for name, m in medians.items():
        print(f"{name:26}{m['start_ms']:9.0f}{m['rate']:9.0f}{m['rate'] / base['rate']:7.2f}{m['cpu_us']:8.1f}{m['bytes']:8.0f}{m['p50_us']:8.0f}{m['p99_us']:8.0f}{m['p99_9_us']:8.0f}{m['memory_mb']:7.0f}{m['collections']:6.0f}{m['pause_ms']:8.2f}")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    cpu = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())[1]
    with open(args.json, "w") as file:
        json.dump({"commit": commit, "machine": f"{cpu}, {os.cpu_count()} cores", "rounds": args.rounds, "seconds": args.seconds, "open_loop_rate": args.rate, "medians": medians, "rounds_each": figures}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
