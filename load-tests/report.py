#!/usr/bin/env python3
"""Reads what ghz or `inference load` measured, writes it with machine and commit, and holds it against the gates (exit 1 when one is missed)."""
import argparse
import json
import sys


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def of_ghz(run):
    """ghz counts time in nanoseconds and tells every call under `details`."""
    calls = run.get("details") or []
    good = sorted(call["latency"] / 1e6 for call in calls if not call.get("error"))
    count = run["count"]
    errors = sum((run.get("errorDistribution") or {}).values())
    return {
        "p50_ms": quantile(good, 0.50), "p99_ms": quantile(good, 0.99), "p99_9_ms": quantile(good, 0.999),
        "requests": count, "error_share": errors / count if count else 1.0, "errors": run.get("errorDistribution") or {},
        # A failed call is no achievement.
        "achieved_rps": run["rps"] * (1 - errors / count) if count else 0.0,
    }


def of_cli(run):
    if "steps" in run:
        return of_steps([of_cli(step) for step in run["steps"]])
    latency = run["latency_us"]
    return {
        "p50_ms": latency["p50"] / 1e3, "p99_ms": latency["p99"] / 1e3, "p99_9_ms": latency["p99_9"] / 1e3,
        "requests": run["offered"], "error_share": run["error_share"], "errors": run["errors"],
        "offered_rps": run["offered_rps"], "achieved_rps": run["achieved_rps"], "goodput_rps": run["goodput_rps"], "generator_late": run["generator_late"], "kinds": run["kinds"], "served_by": run["served_by"], "degraded": run["degraded"], "empty": run["empty"],
    }


def of_steps(steps):
    """A climb as one: the worst latencies, all requests and errors, and what each step achieved."""
    total = sum(step["requests"] for step in steps)
    errors = {}
    for step in steps:
        for status, count in step["errors"].items():
            errors[status] = errors.get(status, 0) + count
    return {
        **{key: max(step[key] for step in steps) for key in ("p50_ms", "p99_ms", "p99_9_ms")},
        "requests": total, "error_share": sum(step["error_share"] * step["requests"] for step in steps) / max(1, total), "errors": errors,
        "achieved_rps": max(step["achieved_rps"] for step in steps), "steps": [{key: step[key] for key in ("offered_rps", "achieved_rps", "p50_ms", "p99_ms", "p99_9_ms")} for step in steps],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("measured")
    parser.add_argument("result")
    parser.add_argument("--facts", required=True, help="machine, commit and settings, as load-tests/server.sh writes them")
    parser.add_argument("--kind", required=True)
    parser.add_argument("--generator", choices=["ghz", "cli"], required=True)
    parser.add_argument("--rps", type=float, required=True)
    parser.add_argument("--max-p99-ms", type=float, required=True)
    parser.add_argument("--max-errors", type=float, required=True)
    parser.add_argument("--min-achieved", type=float, required=True)
    arguments = parser.parse_args()

    with open(arguments.measured) as measured:
        facts = (of_ghz if arguments.generator == "ghz" else of_cli)(json.load(measured))

    # A step load climbs by its own schedule, so there is no one rate to hold it against.
    has_rate = arguments.kind != "step"
    missed = []
    if facts["p99_ms"] is None or facts["p99_ms"] > arguments.max_p99_ms:
        missed.append(f"p99 {facts['p99_ms']} ms > {arguments.max_p99_ms:g} ms")
    if facts["error_share"] > arguments.max_errors:
        missed.append(f"errors {facts['error_share']:.4%} > {arguments.max_errors:.4%}: {facts['errors']}")
    if has_rate and facts["achieved_rps"] < arguments.min_achieved * arguments.rps:
        missed.append(f"achieved {facts['achieved_rps']:.0f}/s < {arguments.min_achieved:.0%} of {arguments.rps:.0f}/s")

    with open(arguments.facts) as known:
        facts = {"kind": arguments.kind, "generator": arguments.generator, **facts, "offered_rps": arguments.rps if has_rate else None, "gates_missed": missed, **json.load(known)}
    with open(arguments.result, "w") as result:
        json.dump(facts, result, indent=2)
        result.write("\n")
    milliseconds = "  ".join(f"{name} {facts[key]:.2f} ms" for name, key in (("p50", "p50_ms"), ("p99", "p99_ms"), ("p99.9", "p99_9_ms")) if facts[key] is not None)
    print(f"{arguments.kind:8} {facts['achieved_rps']:7.0f}/s  {milliseconds}  errors {facts['error_share']:.3%}  {'MISSED: ' + '; '.join(missed) if missed else 'ok'}  ({arguments.result})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
