#!/usr/bin/env python3
"""Compares our indexes with hnswlib and faiss on one data set, on one core, in interleaved rounds.

usage: compare.py SET [--index fast,compact,auto,exact] [--peers hnsw16,hnsw32,faiss-hnsw32,faiss-hnsw32-sq8,faiss-ivfpq] [--recall 0.90,0.95,0.99] [--rounds 3] [--interleave 8] [--core 1] [--work DIR] [--out FILE]
SET is a folder with base.npy, query.npy and metric.txt. Indexes, truth and the widths that reach each target stay in DIR (default: .local/index-peers/SET) and are made once.

1. Truth by exact search. 2. Each index is built (two threads), saved, and its widths found. 3. In each round every index is loaded and measured at its widths in a
process of its own on the one core, so that a disturbance of the machine hits all alike; the median of the rounds counts. 4. Results to load-tests/results/index-SET.json
and, as a table, to the .md beside it."""
import argparse, json, os, statistics, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOOL = ["dotnet", f"{ROOT}/artifacts/bin/Inference.Cli/release/inference.dll"]
YARDSTICK = "hnswlib M=16"
SCANS, SCAN_QUERIES = ("exact", "flat"), 1000          # built in no time, so not kept; and too slow for all queries where they read all rows


class Contender:
    """One index of one library: commands that build and save it, and that load and search it. Both take --recall or --width and write the JSON rows of `index bench`."""

    def __init__(self, name, build, search):
        self.name, self.build, self.search = name, build, search


def ours(name, data, options):
    folder = f"{options.work}/ours"
    command = TOOL + ["index", "bench", *data, "--index", name, "--interleave", str(options.interleave)]
    if name in SCANS:
        command += ["--query-limit", str(SCAN_QUERIES)]
        return Contender(name, command, command)
    return Contender(name, command + ["--save", folder], command + ["--load", folder, "--resident"])


def peer(name, data, options):
    file = f"{options.work}/{name}.bin"
    if name.startswith("hnsw"):
        command = [f"{options.work}/../hnsw", *data, "--m", name[4:], "--index", file, "--threads", "2"]
    else:
        command = ["/usr/bin/python3", f"{HERE}/faiss_peers.py", *data, "--index", name.removeprefix("faiss-"), "--file", file, "--threads", "2"]
    return Contender(name, command, command)


def run(command, out, core=None):
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    subprocess.run(pinned + command + ["--json", out], check=True, stdout=subprocess.DEVNULL)
    with open(out) as file:
        return json.load(file)["rows"]


def tuned(contender, options):
    """The rows at each target, from the run that built the index and searched for the widths; kept for the next comparison."""
    kept = f"{options.work}/{contender.name}.tuned.json"
    if not os.path.exists(kept):
        say(f"building and tuning {contender.name}")
        rows = run(contender.build + ["--recall", options.recall, "--rounds", "1"], kept + ".tmp")
        with open(kept, "w") as file:
            json.dump(rows, file)
    with open(kept) as file:
        return [row for row in json.load(file) if row["target"] in [float(r) for r in options.recall.split(",")]]


def median(rows, name):
    values = [row[name] for row in rows if row.get(name) is not None]
    return statistics.median(values) if values else None


def measure(contenders, options):
    targets = {c.name: tuned(c, options) for c in contenders}
    measured = {c.name: [] for c in contenders}
    for turn in range(options.rounds):
        for contender in contenders:
            say(f"round {turn + 1}: {contender.name}")
            reached = [row for row in targets[contender.name] if row["qps"] is not None]
            widths = list(dict.fromkeys(str(row["width"]) for row in reached if row["width"] is not None))
            if reached:
                # An automatic choice may be of another kind at another target; then each target is asked for by itself.
                alike = len({row.get("kind") for row in reached}) == 1
                at = ["--width", ",".join(widths)] if widths and alike else ["--recall", options.recall]
                measured[contender.name].append(run(contender.search + at + ["--rounds", "1"], f"{options.work}/round.json", options.core))
    rows = []
    for contender in contenders:
        for target in targets[contender.name]:
            same = [row for turn in measured[contender.name] for row in turn if row["width"] == target["width"] and row["target"] in (None, target["target"])]
            row = dict(target, **{name: median(same, name) if target["qps"] is not None else None for name in ("qps", "p50_us", "p99_us", "interleaved_qps")})
            row["runs_qps"] = [other["qps"] for other in same] if target["qps"] is not None else []
            rows.append(row)
    return rows


def add_ratios(rows):
    yardstick = {row["target"]: row["qps"] for row in rows if row["index"] == YARDSTICK}
    for row in rows:
        base = yardstick.get(row["target"])
        row["ratio"] = round(row["qps"] / base, 2) if base and row["qps"] else None
        row["interleaved_ratio"] = round(row["interleaved_qps"] / base, 2) if base and row.get("interleaved_qps") else None


def table(rows, heading):
    show = lambda value, form: "–" if value is None else format(value, form)
    lines = [heading, "", "| index | target | recall | queries/s | × hnswlib M=16 | together | × | p99 µs | bytes/vector | build s |", "|---|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        name = f"auto ({row['kind']})" if row["index"] == "auto" and row.get("kind") else row["index"]
        cells = [name, show(row["target"], "g"), show(row["recall"], ".4f"), show(row["qps"], ",.0f"), show(row["ratio"], ".2f"), show(row.get("interleaved_qps"), ",.0f"),
                 show(row["interleaved_ratio"], ".2f"), show(row["p99_us"], ",.0f"), show(row["bytes_per_vector"], ",.0f"), show(row["build_s"], ",.0f")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def say(text):
    print(text, file=sys.stderr, flush=True)


def cpu():
    with open("/proc/cpuinfo") as info:
        return next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "unknown")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("--index", default="fast,compact,auto,exact")
    parser.add_argument("--peers", default="hnsw16,hnsw32,faiss-hnsw32,faiss-hnsw32-sq8,faiss-ivfpq")
    parser.add_argument("--recall", default="0.90,0.95,0.99")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--interleave", type=int, default=8)
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--work")
    parser.add_argument("--out")
    options = parser.parse_args()
    name = os.path.basename(os.path.abspath(options.set))
    options.work = os.path.abspath(options.work or f"{ROOT}/.local/index-peers/{name}")
    os.makedirs(options.work, exist_ok=True)
    subprocess.run([f"{HERE}/build.sh", os.path.dirname(options.work)], check=True)
    with open(f"{options.set}/metric.txt") as file:
        metric = file.read().strip()
    files = ["--base", f"{options.set}/base.npy", "--queries", f"{options.set}/query.npy", "--metric", metric]
    truth = f"{options.work}/truth.ivecs"
    if not os.path.exists(truth):
        say("exact search for the truth")
        subprocess.run(TOOL + ["index", "truth", *files, "--out", truth], check=True, stdout=subprocess.DEVNULL)
    data = files + ["--truth", truth]
    contenders = [ours(index, data, options) for index in filter(None, options.index.split(","))] + [peer(index, data, options) for index in filter(None, options.peers.split(","))]
    rows = measure(contenders, options)
    add_ratios(rows)
    out = options.out or f"{ROOT}/load-tests/results/index-{name}.json"
    heading = f"**{name}** ({metric}): recall@10, queries/s on one core of {cpu()}; medians of {options.rounds} interleaved rounds; together: {options.interleave} queries at a time"
    with open(out, "w") as file:
        json.dump({"set": name, "metric": metric, "cpu": cpu(), "rounds": options.rounds, "interleave": options.interleave, "rows": rows}, file, indent=1)
        file.write("\n")
    text = table(rows, heading)
    with open(out.removesuffix(".json") + ".md", "w") as file:
        file.write(text)
    print(text, end="")


main()
