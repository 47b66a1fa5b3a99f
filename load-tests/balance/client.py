"""Calls Recommend at a steady rate and counts how the calls ended, as JSON on the output.

usage: client.py TARGET[,TARGET] RATE SECONDS

With several targets the channel balances by itself: round_robin over all addresses, each watched by the health service, so that a replica that drains is left
before it goes. There is no retry policy: what is counted as lost was lost.
"""
import json
import sys
import threading
import time

import grpc

targets, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
config = {"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}
# By default the authority of such a channel is the whole list, which is no host name, and servers refuse it. With a name (dns:///replicas:5001) it is the name.
options = [("grpc.service_config", json.dumps(config)), ("grpc.enable_retries", 0), ("grpc.default_authority", "replicas")] if "," in targets else []
channel = grpc.insecure_channel("ipv4:" + targets, options=options)
# An empty request is a request of somebody unknown; what the bytes of the reply say does not matter here.
recommend = channel.unary_unary("/recsys.v1.RecommendationService/Recommend", request_serializer=lambda _: b"", response_deserializer=lambda reply: reply)
grpc.channel_ready_future(channel).result(timeout=30)

ended, lock, left = {}, threading.Lock(), threading.Semaphore(0)
slowest = 0.0


def note(call, sent):
    global slowest
    with lock:
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
