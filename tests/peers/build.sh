#!/usr/bin/env bash
# Builds the C++ server that ours is measured beside into the folder given (default: .local/peers of the repository). Needs: apt-get install g++ libgrpc++-dev libprotobuf-dev libhnswlib-dev protobuf-compiler-grpc
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
out=${1:-$root/.local/peers}
mkdir -p "$out/generated"
newest=$(find "$here" -name '*.cc' -newer "$out/peer" -o -name '*.h' -newer "$out/peer" -o -name build.sh -newer "$out/peer" 2>/dev/null || echo all)
[[ -x $out/peer && -z $newest ]] && exit 0
protos=(recsys/v1/recommendation_service.proto recsys/v1/feature.proto google/rpc/status.proto)
protoc -I "$root/protos" --cpp_out="$out/generated" "${protos[@]}"
protoc -I "$root/protos" --grpc_out="$out/generated" --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" recsys/v1/recommendation_service.proto
sources=("$here/peer.cc" "$out/generated/recsys/v1/recommendation_service.grpc.pb.cc")
for proto in "${protos[@]}"; do sources+=("$out/generated/${proto%.proto}.pb.cc"); done
g++ -std=c++17 -O3 -march=native -DNDEBUG -I "$out/generated" -I "$here" "${sources[@]}" -o "$out/peer" $(pkg-config --cflags --libs grpc++ protobuf) -ldl -lpthread
