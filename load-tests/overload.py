#!/usr/bin/env python3
"""What an overload says: goodput as a share of the peak beside it, how soon the rest was turned away, memory. Reads what overload.sh left in a folder, writes the result, exits 1 where the goodput at or above the peak is too low."""
import collections
import json
import statistics
import sys

REASONS = ("wait", "queue_full", "deadline", "calls", "expired", "pushed_out")


def total(path, name, *labels):
    """The sum of a metric over its series with these labels."""
    return sum(float(line.split()[1]) for line in open(path) if line.startswith(name + "{") and all(label in line for label in labels))


def at_the_server(work, run):
    """Of the calls that were refused: how many the server answered within a millisecond of their headers, and how many had been let wait in vain (DEADLINE_EXCEEDED by the caller is not a refusal)."""

    def grown(name, *labels):
        return total(f"{work}/after-{run}.txt", name, *labels) - total(f"{work}/before-{run}.txt", name, *labels)

    refused = 'rpc_status_code="UNAVAILABLE"'
    shed = {reason: grown("recsys_admission_shed_total", f'reason="{reason}"') for reason in REASONS}
    return {
        "refused": grown("rpc_server_call_duration_seconds_count", refused),
        "within_1ms": grown("rpc_server_call_duration_seconds_bucket", refused, 'le="0.001"'),
        "waited_in_vain": shed["expired"] + shed["pushed_out"],
        "shed": shed,
    }


def read_rounds(work):
    """The rounds of each factor, lowest goodput first."""
    rows = collections.defaultdict(list)
    for line in open(f"{work}/rows"):
        factor, number, *figures = line.split()
        peak_before, peak_after, rss, high, threads = map(int, figures)
        run = f"{factor}-{number}"
        load = json.load(open(f"{work}/at-{run}.json"))
        rows[factor].append({
            "round": int(number), "peak_before": peak_before, "peak_after": peak_after, "goodput_of_peak": round(load["goodput_rps"] / ((peak_before + peak_after) / 2), 4),
            "resident_bytes": rss, "resident_bytes_highest": high, "threads": threads, "at_the_server": at_the_server(work, run), "load": load,
        })
    for rounds in rows.values():
        rounds.sort(key=lambda row: row["goodput_of_peak"])
    return rows


def summary(factor, rounds):
    offered = sum(row["load"]["offered"] for row in rounds) or 1
    turned = sum(row["load"]["shed"]["count"] for row in rounds)
    answered = sum(row["load"]["answered"] for row in rounds)
    refused, within, in_vain = (sum(row["at_the_server"][key] for row in rounds) for key in ("refused", "within_1ms", "waited_in_vain"))
    return {
        "factor": float(factor), "goodput_of_peak": statistics.median(row["goodput_of_peak"] for row in rounds), "turned_away_share": round(turned / offered, 4),
        "with_retry_info_share": round(sum(row["load"]["shed"]["with_retry_info"] for row in rounds) / max(1, turned), 4),
        "within_1ms_share": round(min(1, within / max(1, refused - in_vain)), 4), "other_errors_share": round((offered - turned - answered) / offered, 4), "rounds": rounds,
    }


def print_row(row):
    rounds = row["rounds"]
    load = rounds[len(rounds) // 2]["load"]
    since = load["shed"]["since_sent_us"]
    shares = ", ".join(f"{each['goodput_of_peak']:.0%}" for each in rounds)
    print(
        f"| {row['factor']:g}× | {load['offered_rps']:,.0f} | {load['goodput_rps']:,.0f} | {row['goodput_of_peak']:.0%} ({shares}) | {row['turned_away_share']:.1%} | {row['with_retry_info_share']:.0%} "
        f"| {since['p50'] / 1e3:.2f} / {since['p99'] / 1e3:.2f} | {row['within_1ms_share']:.1%} | {row['other_errors_share']:.1%} | {max(each['resident_bytes'] for each in rounds) / 1e6:,.0f} |"
    )
    late = [each["load"]["send_lag_us"]["p99"] / 1e3 for each in rounds if each["load"]["generator_late"]]
    if late:
        print(f"  (the generator itself was late at {row['factor']:g}×: p99 of sending up to {max(late):.1f} ms)", file=sys.stderr)


def main():
    work, result, deadline, before, least = sys.argv[1:]
    factors = [summary(factor, rounds) for factor, rounds in read_rounds(work).items()]
    print(
        f"\n| offered | per second | answers within {deadline}/s | of the peak beside it: median (rounds) | turned away | with RetryInfo | turned away p50 / p99 ms (since sent) "
        "| within 1 ms at the server, of those that did not wait | other errors | memory MB |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for row in factors:
        print_row(row)
    after = json.load(open(f"{work}/after.json"))
    peaks = [peak for row in factors for each in row["rounds"] for peak in (each["peak_before"], each["peak_after"])]
    print(f"\nafterwards, at half the peak: {after['goodput_rps']:,.0f}/s in time, p99 {after['latency_us']['p99'] / 1e3:.2f} ms; the peak itself was {min(peaks):,} to {max(peaks):,}/s, median {statistics.median(peaks):,.0f}")
    for row in factors:  # seconds and percentiles of fifteen runs would be most of the file
        for each in row["rounds"]:
            each["load"].pop("series", None)
            each["load"].pop("percentiles_us", None)
    missed = [f"{row['goodput_of_peak']:.0%} of the peak at {row['factor']:g}×" for row in factors if row["factor"] >= 1 and row["goodput_of_peak"] < float(least)]
    facts = json.load(open(f"{work}/facts.json"))
    with open(result, "w") as file:
        json.dump({**facts, "peak_rps": statistics.median(peaks), "peaks_rps": peaks, "deadline": deadline, "resident_bytes_before": int(before), "factors": factors, "after": after, "gates_missed": missed}, file, indent=1)
        file.write("\n")
    if missed:
        print("MISSED: " + "; ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
