#!/usr/bin/env bash
# Our server beside one that is written in C++ with gRPC's completion queues, ONNX Runtime and hnswlib (tests/peers): the same Recommend call for the same users over the same bundle, at the same measured recall@10. Both stand on one core, and only one
# is asked at a time; the generator has another core, and the rounds are interleaved. Users ask one after another and our cache of user embeddings is as small as it can be, so that both run the user tower for every call.
# usage: load-tests/peer.sh [RESULT.json]      (through ./dev bench peer)
#   ROUNDS=3  SEARCH_SECONDS=4  SLO=5ms        how often and how long; p99 that both are held to
#   TARGET_RECALL=0.95                         what our index is tuned to, for queries harder than those of users; hnswlib is then tuned to what that gives for users
#   M=16  EF_CONSTRUCTION=200                  how hnswlib builds;   SAMPLE=500   users whose recall is measured
#   BUNDLE=DIR | ITEMS=1000000 USERS=100000 DIM=64   PEERS=.local/peers     what is served (a demo world), and where the peer's files are kept
# Needs: apt-get install g++ libgrpc++-dev libprotobuf-dev libhnswlib-dev protobuf-compiler-grpc; with nghttp2-client the closed-loop peak is measured by h2load, too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source load-tests/server.sh
result=${1:-$results/peer.json}
rounds=${ROUNDS:-3} slo=${SLO:-5ms} search_seconds=${SEARCH_SECONDS:-4} sample=${SAMPLE:-500}
peers=${PEERS:-.local/peers}
build_for_load src/Inference.Server src/Inference.Cli tests/Benchmarks
need g++ g++
need grpc_cpp_plugin protobuf-compiler-grpc
tests/peers/build.sh "$peers" >"$work/peer-build.log" 2>&1 || { cat "$work/peer-build.log" >&2; fail "the peer was not built: apt-get install g++ libgrpc++-dev libprotobuf-dev libhnswlib-dev protobuf-compiler-grpc"; }
bundle=${BUNDLE:-$(demo_bundle "${ITEMS:-1000000}" "${USERS:-100000}" "${DIM:-64}")}
ort=${ONNXRUNTIME_LIBRARY:-$(compgen -G "$PWD/.local/onnxruntime/*/*/libonnxruntime.so.1" | sort | tail -1)}
[[ -f $ort ]] || fail "there is no ONNX Runtime in .local/onnxruntime; the build fetches it"

# What the peer reads, and its index: kept under the hash of the manifest.
data=${PEER_DATA:-$peers/data-$(sha256sum "$bundle/manifest.json" | cut -c1-16)}
[[ -f $data/tower.txt ]] || { say "writing the bundle for the peer to $data"; dotnet "$benchmarks_dll" peer-data "$bundle" "$data.part" >&2; mv "$data.part" "$data"; }
index=$data/hnsw-${M:-16}-${EF_CONSTRUCTION:-200}.bin
[[ -f $index ]] || { say "building the index of hnswlib (minutes for a million items)"; "$peers/peer" --data "$data" --ort "$ort" --index "$index" --m "${M:-16}" --ef-construction "${EF_CONSTRUCTION:-200}" --build-threads "$(nproc)" --build-only 1; }
users=$(python3 -c 'import struct, sys; print(struct.unpack("<i", open(sys.argv[1], "rb").read(4))[0])' "$data/users.bin")

settings=(--Inference:Index:Kind="${INDEX:-Fast}" --Inference:Index:TargetRecall="${TARGET_RECALL:-0.95}" --Inference:Fusion:FewEvents=0 --Inference:State:EmbeddingCacheBytes=1048576 --Inference:Towers:IntraOpThreads=1)
say "starting both"
core=0-$(($(nproc) - 1)) server_start build "$bundle" "${settings[@]}"
say "the truth for $sample users, by exact search"
dotnet "$benchmarks_dll" peer-truth "$data" "http://${grpc_at[build]}" "$sample" "$work/truth.json"
server_stop build
server_start ours "$bundle" "${settings[@]}"
echo 16 >"$work/ef"
taskset -c "$server_core" "$peers/peer" --data "$data" --ort "$ort" --index "$index" --address 127.0.0.1:0 --ef 16 --ef-file "$work/ef" >"$work/peer.log" 2>&1 &
server_pid[peer]=$! http_at[peer]=
for _ in $(seq 600); do grep -q '^ready' "$work/peer.log" && break; kill -0 "${server_pid[peer]}" 2>/dev/null || { cat "$work/peer.log" >&2; fail "the peer did not start"; }; sleep 0.2; done
grpc_at[peer]=$(sed -n 's/^ready //p' "$work/peer.log")
[[ -n ${grpc_at[peer]} ]] || fail "the peer was not ready within 2 minutes"

recall_of() { dotnet "$benchmarks_dll" peer-recall "$work/truth.json" "http://${grpc_at[$1]}" >"$work/recall-$1.json" || fail "the replies of '$1' are not what they should be"; python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["recall"])' "$work/recall-$1.json"; }
ours=$(recall_of ours)
# The lowest ef that finds as much as we do.
ef=
for ef in ${EFS:-24 32 40 48 56 64 72 80 96 112 128 144 160 192 224 256 320 384 448 512 640 768 1024}; do
  echo "$ef" >"$work/ef"
  kill -HUP "${server_pid[peer]}"
  sleep 0.2
  peer=$(recall_of peer)
  awk -v a="$peer" -v b="$ours" 'BEGIN {exit !(a >= b)}' && break
done
say "recall@10: ours $ours, peer $peer at ef $ef"

traffic=(--mix warm=1 --users "$users" --in-order --limit 10 --slo "$slo" --connections 4)
for name in ours peer; do
  # The second part is as much as each can do, so that neither compiles or fills its pools while it is measured.
  load "$name" "${traffic[@]}" --rps 300,1000,2000 --duration 4s --warmup 1s --json "$work/warm-up.json" >/dev/null || true
  load "$name" "${traffic[@]}" --rps 40000 --max-in-flight 64 --deadline 10s --duration 8s --warmup 0s --json "$work/warm-up.json" >/dev/null || true
done
: >"$work/rounds"
for round in $(seq "$rounds"); do
  for name in ours peer; do
    load "$name" "${traffic[@]}" --search "${SEARCH_FROM:-200}:${SEARCH_TO:-30000}" --duration "${search_seconds}s" --warmup 1s --json "$work/$name-$round.json" >/dev/null || true
    # The peak: much more than can be done, 64 on their way at once; the rest is not sent.
    before=$(cpu_us "${server_pid[$name]}")
    load "$name" "${traffic[@]}" --rps 40000 --max-in-flight 64 --deadline 10s --duration "${search_seconds}s" --warmup 0s --json "$work/$name-peak-$round.json" >/dev/null || true
    echo "$round $name $(($(cpu_us "${server_pid[$name]}") - before))" >>"$work/rounds"
    say "round $round, $name: $(python3 -c 'import json, sys; s, p = (json.load(open(f)) for f in sys.argv[1:]); print(round(s["search"]["sustained_rps"]), "requests/s within the goal, peak", round(p["achieved_rps"]))' "$work/$name-$round.json" "$work/$name-peak-$round.json")"
  done
done

# h2load asks about one user only, so both search the same part of their index again and again.
if command -v h2load >/dev/null; then
  python3 -c 'import struct, sys; m = bytes([0x0a, 3]) + b"u77" + bytes([0x20, 10]); sys.stdout.buffer.write(b"\0" + struct.pack(">I", len(m)) + m)' >"$work/request.bin"
  for round in $(seq "$rounds"); do
    for name in ours peer; do
      taskset -c "$client_core" h2load -t1 -c8 -m16 -D"$search_seconds" -d "$work/request.bin" -H 'content-type: application/grpc' -H 'te: trailers' "http://${grpc_at[$name]}/recsys.v1.RecommendationService/Recommend" >"$work/h2load.txt" 2>&1 || { cat "$work/h2load.txt" >&2; fail "h2load failed"; }
      sed -nE "s/^requests: .* ([0-9]+) succeeded.*/$round $name \1/p" "$work/h2load.txt" >>"$work/h2load"
    done
  done
fi

facts >"$work/facts.json"
python3 - "$work" "$result" "$rounds" "$slo" "$ef" "${M:-16}" "${EF_CONSTRUCTION:-200}" "$search_seconds" "$(rss_bytes "${server_pid[ours]}")" "$(rss_bytes "${server_pid[peer]}")" <<'PY'
import json, os, statistics, sys
work, result, rounds, slo, ef, m, width, seconds, ours_rss, peer_rss = sys.argv[1:]
rounds, seconds = range(1, int(rounds) + 1), float(seconds)
read = lambda name: json.load(open(f"{work}/{name}.json"))
cpu = {(line.split()[1], int(line.split()[0])): int(line.split()[2]) for line in open(f"{work}/rounds")}
h2load = {}
if os.path.exists(f"{work}/h2load"):
    for line in open(f"{work}/h2load"):
        round_, name, count = line.split()
        h2load.setdefault(name, []).append(int(count) / seconds)
sides = {}
for name in ("ours", "peer"):
    searches, peaks = [read(f"{name}-{r}") for r in rounds], [read(f"{name}-peak-{r}") for r in rounds]
    # The latency near the highest rate, of the last trial that was sustained.
    best = [max((step for step in search["steps"] if step["sustained"]), key=lambda step: step["offered_rps"], default=None) for search in searches]
    sides[name] = {
        "recall": read(f"recall-{name}")["recall"], "reply_bytes": read(f"recall-{name}")["reply_bytes"],
        "sustained_rps": [search["search"]["sustained_rps"] for search in searches], "p50_ms": [step and step["latency_us"]["p50"] / 1e3 for step in best], "p99_ms": [step and step["latency_us"]["p99"] / 1e3 for step in best],
        "peak_rps": [peak["achieved_rps"] for peak in peaks], "cpu_us_per_request": [round(cpu[name, r] / max(1, peak["answered"]), 1) for r, peak in zip(rounds, peaks)],
        "h2load_one_user_rps": h2load.get(name, []), "resident_bytes": int(ours_rss if name == "ours" else peer_rss),
        "generator_late": any(step["generator_late"] for search in searches for step in search["steps"] if step["sustained"]),
    }
median = lambda values: statistics.median(values) if values else 0
ratio = lambda measure: median([a / b for a, b in zip(sides["ours"][measure], sides["peer"][measure]) if b])
row = lambda label, measure, form: print(f"| {label} | {format(median(sides['ours'][measure]), form)} | {format(median(sides['peer'][measure]), form)} | {ratio(measure):.2f} |")
print(f"\n| medians of {len(rounds)} rounds | ours | C++ (ef {ef}, M {m}) | ratio |\n| --- | ---: | ---: | ---: |")
print(f"| recall@10 | {sides['ours']['recall']} | {sides['peer']['recall']} | |")
row(f"requests/s with p99 within {slo}", "sustained_rps", ",.0f")
row("peak, 64 in flight, requests/s", "peak_rps", ",.0f")
row("CPU µs/request at the peak", "cpu_us_per_request", ".1f")
if h2load:
    row("h2load, one user, requests/s", "h2load_one_user_rps", ",.0f")
json.dump({**json.load(open(f"{work}/facts.json")), "slo": slo, "ef": int(ef), "m": int(m), "ef_construction": int(width), "ratio_at_equal_p99": round(ratio("sustained_rps"), 3), "ratio_of_peaks": round(ratio("peak_rps"), 3), **sides}, open(result, "w"), indent=1)
PY
say "written to $result"
