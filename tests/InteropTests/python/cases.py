"""Runs cases against a server, and reports one JSON line for each:

{"case", "outcome": "pass" | "part" | "fail", "detail"}; "part" says in "detail" what grpcio cannot express.
"""

import argparse
import contextlib
import json
import sys

import grpc

TIMEOUT_S = 10


class Partial(Exception):
    """The case passed as far as this client can express it."""


def equal(actual, expected, what):
    assert actual == expected, f"{what}: {actual!r}, expected {expected!r}"


@contextlib.contextmanager
def fails_with(code, detail=None):
    try:
        yield
    except grpc.RpcError as error:
        equal(error.code(), code, "status")
        if detail is not None:
            equal(error.details(), detail, "message")
    else:
        raise AssertionError(f"OK, expected {code}")


def report(case, outcome, detail=""):
    print(json.dumps({"case": case, "outcome": outcome, "detail": detail}), flush=True)


def main(description, cases, connect, only_on_demand=()):
    """Runs the case that the command line names, or all but those on demand, on what connect makes of a channel; ends the process."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--address", required=True, metavar="HOST:PORT")
    parser.add_argument("--case", choices=[case.__name__ for case in (*cases, *only_on_demand)], help="one case; all without it")
    arguments = parser.parse_args()
    outcomes = set()
    with grpc.insecure_channel(arguments.address) as channel:
        stub = connect(channel)
        for case in cases if arguments.case is None else [case for case in (*cases, *only_on_demand) if case.__name__ == arguments.case]:
            outcome, detail = _run(case, stub)
            outcomes.add(outcome)
            report(case.__name__, outcome, detail)
    sys.exit("fail" in outcomes)


def _run(case, stub):
    try:
        case(stub)
    except Partial as partial:
        return "part", str(partial)
    except Exception as error:  # every case reports, whatever went wrong in it
        return "fail", f"{type(error).__name__}: {error}"
    return "pass", ""
