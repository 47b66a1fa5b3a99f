#!/usr/bin/env python3
"""What a soak says: growth of memory, handles, threads and p99 by their slopes, and the pauses of the collector. Reads the samples and the load's JSON, writes the result, exits 1 where something grows."""
import json
import statistics
import sys


def slope(points):
    """The median of the slopes of all pairs (Theil and Sen): a bad minute of the machine does not move it."""
    points = points[:: max(1, len(points) // 300)]
    slopes = [(y2 - y1) / (x2 - x1) for i, (x1, y1) in enumerate(points) for x2, y2 in points[i + 1 :] if x2 > x1]
    return statistics.median(slopes) if slopes else 0.0


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def growth(points, skip):
    """Change over the time after the first `skip` share of it, by the slope, as a share of the mean; and the mean."""
    kept = [point for point in points if point[0] >= skip * points[-1][0]]
    if len(kept) < 3:
        return 0.0, kept[-1][1] if kept else 0.0
    mean = statistics.fmean(y for _, y in kept)
    return slope(kept) * (kept[-1][0] - kept[0][0]) / mean if mean else 0.0, mean


def main():
    samples_path, load_path, facts_path, result_path = sys.argv[1:5]
    limits = {"rss": 0.05, "heap": 0.30, "handles": 0.05, "threads": 0.10, "p99": 0.30}
    # second, rss, heap after the last collection, handles, threads, collections, seconds of pauses
    samples = [[float(word) for word in line.split()] for line in open(samples_path) if len(line.split()) == 7]
    load = json.load(open(load_path))
    columns = load["series"]["columns"]
    # The last interval is cut short.
    minutes = [dict(zip(columns, row)) for row in load["series"]["rows"][:-1]] or [dict(zip(columns, row)) for row in load["series"]["rows"]]
    measured = {
        "rss": [(s[0], s[1]) for s in samples], "heap": [(s[0], s[2]) for s in samples], "handles": [(s[0], s[3]) for s in samples], "threads": [(s[0], s[4]) for s in samples],
        "p99": [(minute["second"], minute["p99_us"]) for minute in minutes if minute["answered"]],
    }
    # A fifth of the time for caches to fill and code to reach its last tier.
    rows, grown = {}, []
    for name, points in measured.items():
        change, mean = growth(points, 0.2) if points else (0.0, 0.0)
        rows[name] = {"mean": mean, "growth": round(change, 4), "limit": limits[name], "first": points[0][1] if points else 0, "last": points[-1][1] if points else 0}
        if change > limits[name]:
            grown.append(f"{name} by {change:.1%}")
    # One pause for each sample in which the collector worked: its share of the pauses since the sample before.
    pauses = [(b[6] - a[6]) / (b[5] - a[5]) * 1e3 for a, b in zip(samples, samples[1:]) if b[5] > a[5]]
    # The others of that second took what a usual one takes.
    usual = quantile(pauses, 0.5)
    longest = max(((b[6] - a[6]) * 1e3 - (b[5] - a[5] - 1) * usual for a, b in zip(samples, samples[1:]) if b[5] > a[5]), default=0.0)
    collections = samples[-1][5] - samples[0][5] if samples else 0
    paused = samples[-1][6] - samples[0][6] if samples else 0
    span = samples[-1][0] - samples[0][0] if samples else 1
    result = {
        **json.load(open(facts_path)), "minutes": round(load["seconds"] / 60, 2), "offered_rps": load["offered_rps"], "achieved_rps": load["achieved_rps"], "error_share": load["error_share"], "errors": load["errors"],
        "latency_us": load["latency_us"], "kinds": load["kinds"], "growth": rows, "gates_missed": grown,
        "gc": {"collections": collections, "pause_p50_ms": round(usual, 3), "pause_p99_ms": round(quantile(pauses, 0.99), 3), "pause_max_ms": round(longest, 3), "paused_share": round(paused / span, 6)},
        "series": load["series"], "samples": {"columns": ["second", "rss", "heap", "handles", "threads", "collections", "pause_s"], "rows": samples[:: max(1, len(samples) // 360)]},
    }
    with open(result_path, "w") as file:
        json.dump(result, file)
        file.write("\n")
    units = {"rss": ("MB", 1e6), "heap": ("MB", 1e6), "handles": ("", 1), "threads": ("", 1), "p99": ("ms", 1e3)}
    print(f"\n{result['minutes']:.1f} minutes at {load['offered_rps']:,.0f}/s: p50 {load['latency_us']['p50'] / 1e3:.2f} ms, p99 {load['latency_us']['p99'] / 1e3:.2f} ms, p99.9 {load['latency_us']['p99_9'] / 1e3:.2f} ms, errors {load['error_share']:.4%}")
    print("| | first | mean | last | growth | |\n| --- | ---: | ---: | ---: | ---: | --- |")
    for name, row in rows.items():
        unit, scale = units[name]
        print(f"| {name} {unit} | {row['first'] / scale:,.2f} | {row['mean'] / scale:,.2f} | {row['last'] / scale:,.2f} | {row['growth']:+.1%} | {'GROWS' if row['growth'] > row['limit'] else 'ok'} |")
    gc = result["gc"]
    print(f"collections {gc['collections']:.0f}, pauses p50 {gc['pause_p50_ms']:.2f} ms, p99 {gc['pause_p99_ms']:.2f} ms, longest {gc['pause_max_ms']:.2f} ms, {gc['paused_share']:.3%} of the time")
    return 1 if grown or load["error_share"] > 0.001 else 0


if __name__ == "__main__":
    sys.exit(main())
