#!/usr/bin/env python3
"""A real-shaped inner-product set: factors of the identifiers in the Linux kernel's source, with the norms that implicit feedback gives.

usage: make_identifiers.py OUT [N=1000000] [D=64]      needs: apt-get install python3-numpy libopenblas0-pthread; downloads 140 MB
Writes OUT-skewed (inner product, factors as they are), OUT-moderate (inner product, each norm replaced by its eighth root) and OUT-unit (cosine), each with
base.npy (N x D fp32), query.npy (10,000 x D fp32) and metric.txt. Truth is left to `index bench`. Takes minutes on one core. Do not commit the output.

1. A context, the "user", is a piece of about 4 KiB of a C file without its comments; the identifiers in it are the "items" it took, with counts.
2. Implicit-feedback ALS (Hu, Koren, Volinsky 2008): preference 1, confidence 1 + ALPHA * log(1 + count), damped for identifiers that are everywhere.
   Learned on the most frequent identifiers and a sample of contexts, then one step for all contexts and one for all identifiers.
3. Base: factors of the N identifiers that occur in most contexts, of those that occur in exactly the same ones only the first.
   Queries: contexts that were held out of all that, folded in."""
import collections, os, re, subprocess, sys, tarfile, tempfile, time
import numpy as np

CONTEXT_BYTES, QUERIES, LEARNED_ITEMS, LEARNED_CONTEXTS, ROUNDS = 4096, 10_000, 100_000, 60_000, 3
ALPHA, REGULARIZATION, DAMP_ABOVE, LARGEST_SHARE = 10.0, 1.0, 200, 0.05
COMMENT, WORD = re.compile(rb"/\*.*?\*/|//[^\n]*", re.S), re.compile(rb"[A-Za-z_][A-Za-z0-9_]{3,}")
START = time.monotonic()


def say(text):
    print(f"{time.monotonic() - START:5.0f} s  {text}", file=sys.stderr, flush=True)


def download(folder):
    depends = subprocess.check_output(["apt-cache", "depends", "linux-source"], text=True)
    package = re.search(r"Depends: (linux-source-[0-9.]+)", depends).group(1)
    subprocess.check_call(["apt-get", "download", "-qq", package], cwd=folder)
    return next(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".deb"))


def c_files(deb):
    """The text of every C file, in the order of the archive, which is read through without unpacking it."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as dpkg:
        package = tarfile.open(fileobj=dpkg.stdout, mode="r|")
        for member in package:
            if ".tar." not in member.name:
                continue
            source = tarfile.open(fileobj=package.extractfile(member), mode="r|*")
            for file in source:
                if file.isfile() and file.name.endswith((".c", ".h")):
                    yield source.extractfile(file).read()


def read_contexts(deb):
    """Names, and for each context the numbers of its identifiers and how often they occur."""
    number, contexts = {}, []
    for text in c_files(deb):
        text = COMMENT.sub(b" ", text)
        start = 0
        while start < len(text):
            end = text.find(b"\n", start + CONTEXT_BYTES)
            end = len(text) if end < 0 else end
            counts = collections.Counter(WORD.findall(text, start, end))
            if len(counts) >= 8:
                ids = np.fromiter((number.setdefault(word, len(number)) for word in counts), np.int32, len(counts))
                contexts.append((ids, np.fromiter(counts.values(), np.float32, len(counts))))
            start = end + 1
    return len(number), contexts


class Sparse:
    """Rows of a sparse matrix, one after the other."""

    def __init__(self, starts, columns, weights):
        self.starts, self.columns, self.weights = starts, columns, weights

    @staticmethod
    def of(rows, columns, weights, count):
        order = np.argsort(rows, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))])
        return Sparse(starts, columns[order], weights[order])

    def transposed(self, count):
        rows = np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))
        return Sparse.of(self.columns, rows, self.weights, count)


def solve(sparse, factors, name, chunk=4096):
    """The ALS step: for each row the factor that fits its preferences best, the other side's factors being given."""
    lengths, d = np.diff(sparse.starts), factors.shape[1]
    result = np.zeros((len(lengths), d), np.float32)
    gram = factors.T @ factors + REGULARIZATION * np.eye(d, dtype=np.float32)
    padded = np.vstack([factors, np.zeros((1, d), np.float32)])       # the last row stands for "no entry"
    weights, columns = np.append(sparse.weights, np.float32(0)), np.append(sparse.columns, len(factors))
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    at = 0
    while at < len(order):
        longest = max(1, lengths[order[min(at + chunk, len(order)) - 1]])
        rows = order[at:at + max(1, min(chunk, (1 << 20) // longest))]
        longest = lengths[rows[-1]]
        cells = sparse.starts[rows][:, None] + np.arange(longest)
        cells = np.where(np.arange(longest) < lengths[rows][:, None], cells, len(sparse.columns))
        other, extra = padded[columns[cells]], weights[cells]
        left = gram + np.matmul((other * extra[:, :, None]).transpose(0, 2, 1), other)
        right = np.matmul((1 + extra)[:, None, :], other)[:, 0, :]
        result[rows] = np.linalg.solve(left, right[:, :, None])[:, :, 0]
        at += len(rows)
    say(f"{name}: {len(order):,} factors")
    return result


def choose(contexts, which, identifiers, random):
    """The identifiers worth a row, most useful first, and in how many contexts each is. What occurs wherever another does, as often, would only repeat its row."""
    ids = np.concatenate([contexts[i][0] for i in which])
    marks = random.integers(1, 1 << 63, len(which), dtype=np.uint64)
    marks = np.concatenate([contexts[i][1].astype(np.uint64) * mark for i, mark in zip(which, marks)])
    order = np.argsort(ids, kind="stable")
    present, starts, spread = np.unique(ids[order], return_index=True, return_counts=True)
    _, first = np.unique(np.add.reduceat(marks[order], starts), return_index=True)
    present, spread = present[first], spread[first]
    rank = np.argsort(-spread, kind="stable")
    rank = rank[spread[rank] <= LARGEST_SHARE * len(which)]
    say(f"{identifiers:,} identifiers, {len(ids):,} uses in {len(which):,} contexts; {len(rank):,} have a set of contexts of their own")
    return present[rank], spread[rank]


def build(contexts, identifiers, n, d, random):
    """Item factors and factors of held-out contexts."""
    order = random.permutation(len(contexts))
    held, kept = order[:QUERIES * 11 // 10], np.sort(order[QUERIES * 11 // 10:])
    useful, spread = (a[:n * 21 // 20] for a in choose(contexts, kept, identifiers, random))
    place = np.full(identifiers, -1, np.int32)
    place[useful] = np.arange(len(useful), dtype=np.int32)
    damping = (1 / np.sqrt(np.maximum(1, spread / DAMP_ABOVE))).astype(np.float32)

    def matrix(which, items):
        columns = np.concatenate([place[contexts[i][0]] for i in which])
        rows = np.repeat(np.arange(len(which), dtype=np.int32), [len(contexts[i][0]) for i in which])
        counts = np.concatenate([contexts[i][1] for i in which])
        known = (columns >= 0) & (columns < items)
        rows, columns = rows[known], columns[known]
        return Sparse.of(rows, columns, ALPHA * np.log1p(counts[known]) * damping[columns], len(which))

    learned = min(n, LEARNED_ITEMS)
    sample = matrix(random.choice(kept, min(len(kept), LEARNED_CONTEXTS), replace=False), learned)
    by_item = sample.transposed(learned)
    items = (random.standard_normal((learned, d)) * 0.1).astype(np.float32)
    for turn in range(ROUNDS):
        items = solve(by_item, solve(sample, items, f"round {turn + 1}, contexts"), f"round {turn + 1}, identifiers")
    users = solve(matrix(kept, learned), items, "all contexts")
    base = solve(matrix(kept, len(useful)).transposed(len(useful)), users, "all identifiers")
    query = solve(matrix(held, len(useful)), base, "held-out contexts")
    # A factor of zero belongs to what occurs beside nothing that was learned.
    base, query = (rows[np.linalg.norm(rows, axis=1) > 1e-6] for rows in (base, query))
    if len(base) < n or len(query) < QUERIES:
        sys.exit(f"The source gives only {len(base):,} rows and {len(query):,} queries.")
    return base[:n], query[:QUERIES]


def describe(base, query, random):
    """The shape of the norms, and the share of rows that an exact scan by descending norm reads for ten results."""
    norms = np.sort(np.linalg.norm(base, axis=1))[::-1]
    rows = base[np.argsort(-np.linalg.norm(base, axis=1), kind="stable")]
    shares = []
    for q in query[random.choice(len(query), 50, replace=False)]:
        tenth = np.partition(rows @ q, -10)[-10]
        shares.append(np.searchsorted(-norms * np.linalg.norm(q), -tenth) / len(rows))
    return f"norms p50 {norms[len(norms) // 2]:.4f}, p99 {norms[len(norms) // 100]:.4f}, max {norms[0]:.4f}; an exact scan by norm reads {np.mean(shares):.2%} of the rows"


def main():
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    out, n, d = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000, int(sys.argv[3]) if len(sys.argv) > 3 else 64
    random = np.random.default_rng(11)
    with tempfile.TemporaryDirectory() as folder:
        identifiers, contexts = read_contexts(download(folder))
    base, query = build(contexts, identifiers, n, d, random)
    mix = random.permutation(n)                                         # no index may gain from the order of the identifiers
    base = base[mix]
    norms = np.linalg.norm(base, axis=1, keepdims=True)
    for name, metric, rows in (("skewed", "ip", base), ("moderate", "ip", base * norms ** (1 / 8 - 1)), ("unit", "cosine", base / norms)):
        folder = f"{out}-{name}"
        os.makedirs(folder, exist_ok=True)
        np.save(f"{folder}/base.npy", rows.astype(np.float32))
        np.save(f"{folder}/query.npy", query)
        with open(f"{folder}/metric.txt", "w") as file:
            file.write(metric + "\n")
        say(f"{folder}: {describe(rows, query, random)}")


main()
