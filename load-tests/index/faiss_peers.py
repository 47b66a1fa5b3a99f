#!/usr/bin/env python3
"""Measures faiss the way `index bench` measures ours: for each recall target the cheapest search that reaches it, queries/s on one thread, the same JSON rows.

usage: faiss_peers.py --base F --queries F --truth F.ivecs --metric ip|cosine|l2 --index hnsw32|hnsw32-sq8|ivfpq --file FILE [--recall 0.90,0.95,0.99 | --width W,W] [--rounds 5] [--threads 2] [--k 10] [--json F]
FILE is loaded when it is there; otherwise the index is built on --threads threads and saved to it. Needs: apt-get install python3-faiss (run it with /usr/bin/python3)

All queries go to faiss in one call, on one thread: its graphs answer them one after the other without the cost of a Python call for each, and fast scan may take
several together. p50 and p99 come from calls with one query and contain that cost. The width of ivfpq is nprobe x k_factor (lists read, candidates rescored)."""
import argparse, json, os, sys, time
import faiss, numpy as np

SAMPLE, MOST, LEAST_SECONDS, K_FACTORS = 2000, 4096, 0.25, (4, 16, 64)


def read_vectors(path):
    return np.ascontiguousarray(np.load(path), dtype=np.float32)


def read_truth(path, k):
    words = np.fromfile(path, dtype=np.int32)
    return words.reshape(-1, words[0] + 1)[:, 1:k + 1]


def scores(base, queries, ids, metric):
    """The true score of each row that was found, higher is better; minus infinity where none was."""
    rows = base[ids]
    result = -((rows - queries[:, None, :]) ** 2).sum(2) if metric == "l2" else np.einsum("qkd,qd->qk", rows, queries)
    return np.where(ids >= 0, result, -np.inf)


def build(kind, d, metric, base):
    measure = faiss.METRIC_L2 if metric == "l2" else faiss.METRIC_INNER_PRODUCT
    if kind == "ivfpq":
        lists = max(16, min(1024, len(base) // 256))
        quantizer = faiss.IndexFlat(d, measure)
        codes = faiss.IndexIVFPQFastScan(quantizer, d, lists, d // 2, 4, measure)
        codes.train(base[np.random.default_rng(1).choice(len(base), min(len(base), 100 * lists), replace=False)])
        index = faiss.IndexRefineFlat(codes)
        index.own_fields = codes.own_fields = True
        codes.this.disown(), quantizer.this.disown()
    elif kind == "hnsw32":
        index = faiss.IndexHNSWFlat(d, 32, measure)
    else:
        index = faiss.IndexHNSWSQ(d, faiss.ScalarQuantizer.QT_8bit, 32, measure)
    if kind != "ivfpq":
        index.hnsw.efConstruction = 200
        index.train(base)
    index.add(base)
    return index


class Bench:
    """An index with its queries, and a knob to turn."""

    def __init__(self, index, kind, base, queries, truth, metric):
        self.index, self.kind, self.base, self.queries, self.metric = index, kind, base, queries, metric
        self.k, self.known = truth.shape[1], {}
        worst = scores(base, queries, truth, metric).min(axis=1)
        size = np.abs(worst) if metric == "l2" else np.maximum(1, np.abs(worst))
        self.least = worst - 1e-6 * size                              # a row that ties with the last place is a hit

    def turn(self, width):
        if self.kind == "ivfpq":
            codes = faiss.downcast_index(self.index.base_index)
            codes.nprobe, self.index.k_factor = min(width[0], codes.nlist), width[1]
        else:
            self.index.hnsw.efSearch = width[0]

    def recall(self, width, count):
        if (width, count) not in self.known:
            self.turn(width)
            ids = self.index.search(self.queries[:count], self.k)[1]
            hits = scores(self.base, self.queries[:count], ids, self.metric) >= self.least[:count, None]
            self.known[width, count] = float(hits.mean())
        return self.known[width, count]

    def time(self, width):
        self.turn(width)
        passes, start = 0, time.perf_counter()
        while passes == 0 or time.perf_counter() - start < LEAST_SECONDS:
            self.index.search(self.queries, self.k)
            passes += 1
        qps = passes * len(self.queries) / (time.perf_counter() - start)
        micros = []
        for q in range(min(500, len(self.queries))):
            begin = time.perf_counter()
            self.index.search(self.queries[q:q + 1], self.k)
            micros.append((time.perf_counter() - begin) * 1e6)
        return qps, float(np.quantile(micros, 0.5)), float(np.quantile(micros, 0.99))

    def lowest(self, target, factor, most):
        """The lowest width that reaches the target, or None; the procedure of WidthSearch of `index bench`."""
        first = 1 if self.kind == "ivfpq" else self.k
        sample, everything = min(SAMPLE, len(self.queries)), len(self.queries)
        step = lambda w: max(1, w // 64)
        reached, missed = first, first - 1
        while self.recall((reached, factor), sample) < target and reached < most:
            missed, reached = reached, min(most, 2 * reached)
        while reached - missed > step(reached):
            middle = missed + (reached - missed) // 2
            if middle < first:
                break
            if self.recall((middle, factor), sample) >= target:
                reached = middle
            else:
                missed = middle
        while self.recall((reached, factor), everything) < target:
            if reached == most:
                return None
            reached = min(most, reached + step(reached))
        while reached > first and self.recall((max(first, reached - step(reached)), factor), everything) >= target:
            reached = max(first, reached - step(reached))
        return reached, factor

    def cheapest(self, target):
        if self.kind != "ivfpq":
            return self.lowest(target, 0, MOST)
        lists = faiss.downcast_index(self.index.base_index).nlist
        widths = [width for factor in K_FACTORS if (width := self.lowest(target, factor, lists)) is not None]
        return max(widths, key=lambda width: self.time(width)[0]) if widths else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--base", "--queries", "--truth", "--file"):
        parser.add_argument(name, required=True)
    parser.add_argument("--metric", required=True, choices=["ip", "cosine", "l2"])
    parser.add_argument("--index", required=True, choices=["hnsw32", "hnsw32-sq8", "ivfpq"])
    parser.add_argument("--recall", default="0.90,0.95,0.99")
    parser.add_argument("--width", help="measure at these instead: ef, or nprobe x k_factor as in 16x4")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--json")
    options = parser.parse_args()

    base, queries = read_vectors(options.base), read_vectors(options.queries)
    if options.metric == "cosine":
        for rows in (base, queries):
            rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-30)
    truth = read_truth(options.truth, options.k)[:len(queries)]
    note, build_s, load_s = options.file + ".build_s", None, None
    start = time.perf_counter()
    if os.path.exists(options.file):
        index = faiss.read_index(options.file)
        load_s = round(time.perf_counter() - start, 3)
        build_s = float(open(note).read()) if os.path.exists(note) else None
    else:
        faiss.omp_set_num_threads(options.threads)
        index = build(options.index, base.shape[1], options.metric, base)
        build_s = round(time.perf_counter() - start, 1)
        faiss.write_index(index, options.file)
        with open(note, "w") as file:
            file.write(f"{build_s}\n")
    faiss.omp_set_num_threads(1)

    bench = Bench(index, options.index, base, queries, truth, options.metric)
    if options.width:
        wanted = [(None, tuple(int(part) for part in (width + "x0").split("x")[:2])) for width in options.width.split(",")]
    else:
        wanted = [(target, bench.cheapest(target)) for target in map(float, options.recall.split(","))]
    rounds = {width: [] for _, width in wanted if width}
    for _ in range(options.rounds):
        for width in rounds:
            rounds[width].append(bench.time(width))
    rows = []
    for target, width in wanted:
        qps, p50, p99 = np.median(rounds[width], axis=0).round(2).tolist() if width else (None, None, None)
        recall = bench.recall(width, len(queries)) if width else max(r for (_, count), r in bench.known.items() if count == len(queries))
        rows.append({"index": f"faiss {options.index}", "target": target, "recall": round(recall, 6), "qps": qps, "p50_us": p50, "p99_us": p99, "build_s": build_s,
                     "bytes_per_vector": round(os.path.getsize(options.file) / len(base), 1), "width": None if not width else f"{width[0]}x{width[1]}" if width[1] else width[0], "load_s": load_s})
    text = "{\"rows\":[\n" + ",\n".join(map(json.dumps, rows)) + "\n]}\n"
    if options.json:
        with open(options.json, "w") as file:
            file.write(text)
    else:
        sys.stdout.write(text)


main()
