#!/usr/bin/env bash
# The C# kernels beside the same kernels in C++, in turns on one core: nanoseconds per vector and query, the least of all rounds, for that is the one no other work disturbed.
# Both sides say what their results add up to; they have to agree to the bit. Needs g++ and AVX-512.
# usage: load-tests/index/kernels.sh [ROUNDS=5]        CORE=1  CXX=g++  BENCHMARKS=path/to/Benchmarks.dll
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
rounds=${1:-5} core=${CORE:-1} compiler=${CXX:-g++} benchmarks=${BENCHMARKS:-artifacts/bin/Benchmarks/release/Benchmarks.dll}
command -v "$compiler" >/dev/null || { echo "kernels: $compiler is missing" >&2; exit 1; }
grep -qw avx512bw /proc/cpuinfo || { echo "kernels: this machine has no AVX-512" >&2; exit 1; }
[[ -f $benchmarks ]] || { echo "kernels: $benchmarks is missing: dotnet build tests/Benchmarks -c Release" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The C# kernels round every operation on its own, so that all machines agree; so must these. GCC's own headers trip the warning that is turned off.
"$compiler" -std=c++20 -O3 -march=native -ffp-contract=off -Wall -Wextra -Wno-psabi -Wno-maybe-uninitialized -Wno-uninitialized load-tests/index/kernels.cpp -o "$work/kernels"
for _ in $(seq "$rounds"); do
  taskset -c "$core" "$work/kernels" >>"$work/cpp"
  taskset -c "$core" dotnet "$benchmarks" kernel-table >>"$work/cs"
done
echo "$("$compiler" --version | head -1) -O3 -march=native; .NET $(dotnet --version); $(sed -nE 's/^model name\s*: //p' /proc/cpuinfo | head -1)"
awk '
  { key = $1 " " $2 " " $3; side = FILENAME ~ /cpp$/ ? "cpp" : "cs"
    if (!((side, key) in least) || $4 < least[side, key]) least[side, key] = $4
    if (!(key in sum)) { sum[key] = $5; keys[++count] = key } else if (sum[key] != $5) { print "different results: " key > "/dev/stderr"; bad = 1 } }
  END {
    printf "%-12s %10s %8s %9s %9s %7s\n", "kernel", "dimensions", "rows", "C++ ns", "C# ns", "C#/C++"
    for (i = 1; i <= count; i++) { split(keys[i], part, " "); a = least["cpp", keys[i]]; b = least["cs", keys[i]]
      printf "%-12s %10d %8d %9.3f %9.3f %7.2f\n", part[1], part[2], part[3], a, b, b / a }
    exit bad
  }' "$work/cpp" "$work/cs"
