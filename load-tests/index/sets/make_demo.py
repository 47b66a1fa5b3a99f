#!/usr/bin/env python3
"""The demo world as an inner-product set: items and users where the demo's towers put them, less the towers' noise.

usage: make_demo.py TRUTH OUT [D=64]      TRUTH: the folder NAME-data/truth that `./dev cli demo --items 1000000 --users 10000` writes
Writes OUT/base.npy (items x D fp32), OUT/query.npy (users x D) and OUT/metric.txt ("ip").

The inner product of [sqrt(b) * item, (ln popularity - mean) / s] and [sqrt(b) * user, s] is b * <item, user> + ln popularity, less a constant: what the world draws by.
A random rotation spreads these 17 components over D, so the set is easy: it has no more dimensions than that."""
import json, os, sys
import numpy as np

POPULARITY_SCALE = 1.5

if not 3 <= len(sys.argv) <= 4:
    sys.exit(__doc__)
truth, out, d = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 64
with open(f"{truth}/truth.json") as file:
    taste = np.sqrt(json.load(file)["steepness"])
items, users = np.load(f"{truth}/item_factors.npy"), np.load(f"{truth}/user_factors.npy")
log_popularity = np.log(np.load(f"{truth}/item_popularity.npy"))
base = np.hstack([taste * items, (log_popularity - log_popularity.mean()) / POPULARITY_SCALE])
query = np.hstack([taste * users, np.full((len(users), 1), POPULARITY_SCALE)])
rotation = np.linalg.qr(np.random.default_rng(11).standard_normal((d, d)))[0][:base.shape[1]]
os.makedirs(out, exist_ok=True)
np.save(f"{out}/base.npy", (base @ rotation).astype(np.float32))
np.save(f"{out}/query.npy", (query @ rotation).astype(np.float32))
with open(f"{out}/metric.txt", "w") as file:
    file.write("ip\n")
