"""Measures servers that differ in their telemetry alone, all running, one under load at a time. See telemetry.sh."""
import argparse, json, os, platform, re, signal, socket, statistics, struct, subprocess, sys, tempfile, threading, time, urllib.request

# What it is called, the options, and whether /metrics is scraped each second meanwhile. {sink} is the collector's address.
OTLP = ["--Inference:Telemetry:OtlpEndpoint={sink}"]
SETTINGS = {
    "none": (["--Inference:Telemetry:Prometheus=false"], False),
    "prometheus": ([], True),
    "otlp": (["--Inference:Telemetry:Prometheus=false", *OTLP], False),
    "everything": (OTLP, True),
    "every-call-traced": ([*OTLP, "--Inference:Telemetry:TraceSampling=1"], True),
}
METHOD = "recsys.v1.RecommendationService/Recommend"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_for(ready, process, what):
    until = time.monotonic() + 600
    while time.monotonic() < until and process.poll() is None:
        try:
            if ready():
                return
        except OSError:
            pass
        time.sleep(0.02)
    sys.exit(f"telemetry: {what} did not start")


def get(url):
    request = urllib.request.Request(url, headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
    with urllib.request.urlopen(request, timeout=5) as reply:
        return reply.read().decode()


class Sink:
    """A collector that takes OTLP over gRPC and lets it go."""

    def __init__(self, args):
        self.port = free_port()
        self.process = subprocess.Popen(["taskset", "-c", args.client_core, "dotnet", args.sink, "otlp-sink", "--port", str(self.port)], stdout=subprocess.PIPE, text=True)
        wait_for(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() is None, self.process, "the collector")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        told, _ = self.process.communicate(timeout=60)
        return json.loads(told.splitlines()[-1])


class Server:
    """One process of the server, with one setting."""

    def __init__(self, args, options, is_scraped, sink):
        self.grpc, self.http, self.is_scraped = free_port(), free_port(), is_scraped
        self.process = subprocess.Popen(
            ["taskset", "-c", args.server_core, "dotnet", args.server, "--bundle", args.bundle, "--grpc", f"127.0.0.1:{self.grpc}", "--http", f"127.0.0.1:{self.http}",
             *(option.format(sink=f"http://127.0.0.1:{sink.port}") for option in options)],
            env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: get(f"http://127.0.0.1:{self.http}/readyz").startswith("ready"), self.process, "the server")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def load(self, args, seconds):
        """Calls that were answered, and the processor time of one in microseconds."""
        ended = threading.Event()
        scraper = threading.Thread(target=self.scrape, args=(ended,))
        if self.is_scraped:
            scraper.start()
        body = b"\x0a\x02u1\x10\x0a"  # RecommendRequest { user_id = "u1", limit = 10 }
        with tempfile.NamedTemporaryFile() as request:
            request.write(b"\0" + struct.pack(">I", len(body)) + body)
            request.flush()
            cpu = self.cpu_seconds()
            text = subprocess.run(
                ["taskset", "-c", args.client_core, "h2load", "-t1", "-c4", "-m16", f"-D{seconds}", "-d", request.name, "-H", "content-type: application/grpc", "-H", "te: trailers",
                 f"http://127.0.0.1:{self.grpc}/{METHOD}"], capture_output=True, text=True, check=True).stdout
            cpu = self.cpu_seconds() - cpu
        ended.set()
        if self.is_scraped:
            scraper.join()
        done = int(re.search(r"(\d+) succeeded", text)[1])
        return {"rate": done / seconds, "cpu_us": cpu / done * 1e6}

    def scrape(self, ended):
        while not ended.wait(1):
            get(f"http://127.0.0.1:{self.http}/metrics")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bundle", "server", "sink", "json"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--settings", default="")
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--server-core", default="0")
    parser.add_argument("--client-core", default="1")
    args = parser.parse_args()
    chosen = args.settings.split(",") if args.settings else list(SETTINGS)
    rows, received = {name: [] for name in chosen}, {"requests": 0, "bytes": 0}
    # Processes of one program differ by some percent, by what the JIT saw first; so there are several starts, and the ratio is taken within each.
    for start in range(args.starts):
        sink = Sink(args)
        servers = {name: Server(args, *SETTINGS[name], sink) for name in chosen}
        try:
            for server in servers.values():
                server.load(args, max(6, args.seconds))
            for turn in range(args.rounds):
                for name in chosen if turn % 2 == 0 else reversed(chosen):
                    rows[name].append({"start": start, "round": turn, **servers[name].load(args, args.seconds)})
                    print(f"start {start + 1} round {turn + 1} {name}: {rows[name][-1]['rate']:.0f}/s {rows[name][-1]['cpu_us']:.2f} us", file=sys.stderr)
        finally:
            for server in servers.values():
                server.stop()
            for key, value in sink.stop().items():
                received[key] += value

    def ratio(name, key):
        return statistics.median(one[key] / base[key] for one, base in zip(rows[name], rows[chosen[0]]))

    summary = {
        name: {
            "rate": round(statistics.median(one["rate"] for one in rows[name])), "cpu_us": round(statistics.median(one["cpu_us"] for one in rows[name]), 2),
            "rate_ratio": round(ratio(name, "rate"), 4), "cpu_ratio": round(ratio(name, "cpu_us"), 4),
        } for name in chosen
    }
    print(f"{'telemetry':20}{'calls/s':>10}{'(x)':>8}{'cpu us':>9}{'(x)':>8}")
    for name, one in summary.items():
        print(f"{name:20}{one['rate']:>10}{one['rate_ratio']:>8.3f}{one['cpu_us']:>9.2f}{one['cpu_ratio']:>8.3f}")
    print(f"the collector took {received['requests']} requests of {received['bytes'] / max(received['requests'], 1):.0f} bytes on average")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip() or "unknown"
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.+)", file.read())
    with open(args.json, "w") as file:
        json.dump({"commit": commit, "machine": f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores", "seconds": args.seconds, "collector": received, "summary": summary, "rows": rows}, file, indent=1)
        file.write("\n")


main()
