#!/usr/bin/env bash
# Builds the measuring program of hnswlib into the folder given (default: .local/index-peers of the repository). Needs: apt-get install g++ libhnswlib-dev
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here/../../.local/index-peers}
mkdir -p "$out"
[[ $out/hnsw -nt $here/hnsw.cpp ]] || g++ -std=c++17 -O3 -march=native -DNDEBUG "$here/hnsw.cpp" -o "$out/hnsw" -lpthread
