"""Calls Recommend at a steady rate and counts how the calls ended, as JSON on the output.

usage: client.py TARGET[,TARGET] RATE SECONDS

With several targets the channel balances by itself: round_robin over all addresses, each watched by the health service, so that a replica that drains is left
before it goes. There is no retry policy then: what is counted as lost was lost. Through a proxy that does not look
at health a call may meet a connection that closes just then; there the channel repeats what was UNAVAILABLE, as clients of such a proxy should.
"""
import json
import sys
import threading
import time

import grpc

targets, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
config = {"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}
# By default the authority of such a channel is the whole list, which is no host name, and servers refuse it. With a name (dns:///replicas:5001) it is the name.
options = [("grpc.service_config", json.dumps(config)), ("grpc.enable_retries", 0), ("grpc.default_authority", "replicas")]
retries = {"methodConfig": [{"name": [{"service": "recsys.v1.RecommendationService"}], "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.02s", "maxBackoff": "0.2s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}
if "," not in targets:
    options = [("grpc.service_config", json.dumps(retries))]
channel = grpc.insecure_channel("ipv4:" + targets, options=options)
# An empty request is a request of somebody unknown; what the bytes of the reply say does not matter here.
recommend = channel.unary_unary("/recsys.v1.RecommendationService/Recommend", request_serializer=lambda _: b"", response_deserializer=lambda reply: reply)
grpc.channel_ready_future(channel).result(timeout=30)

ended, lock, left = {}, threading.Lock(), threading.Semaphore(0)
slowest = 0.0


def note(call, sent):
    global slowest
    with lock:
        if call.code() is not grpc.StatusCode.OK and len(ended) < 5:
            print(f"{call.code().name} after {time.monotonic() - begun:.2f} s: {call.details()}", file=sys.stderr)
        ended[call.code().name] = ended.get(call.code().name, 0) + 1
        slowest = max(slowest, time.monotonic() - sent)
    left.release()


begun, calls = time.monotonic(), int(rate * seconds)
for number in range(calls):
    due = begun + number / rate
    time.sleep(max(0.0, due - time.monotonic()))
    sent = time.monotonic()
    recommend.future(None, timeout=5).add_done_callback(lambda call, sent=sent: note(call, sent))
for _ in range(calls):
    left.acquire()
print(json.dumps({"calls": calls, "ended": ended, "slowest_ms": round(slowest * 1000, 1)}))
