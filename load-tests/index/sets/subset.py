#!/usr/bin/env python3
"""A smaller set: the first N rows and all queries of another one.      usage: subset.py FROM OUT [N=100000]"""
import os, shutil, sys
import numpy as np

if not 3 <= len(sys.argv) <= 4:
    sys.exit(__doc__)
source, out, n = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
os.makedirs(out, exist_ok=True)
np.save(f"{out}/base.npy", np.load(f"{source}/base.npy", mmap_mode="r")[:n])
for name in ("query.npy", "metric.txt"):
    shutil.copy(f"{source}/{name}", f"{out}/{name}")
