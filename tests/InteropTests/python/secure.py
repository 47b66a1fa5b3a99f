"""Calls this project's server over TLS with grpcio: with an API key, without, with a client certificate, and without trust. Prints a line for each call: its name, a space, the status."""

import argparse
import pathlib

import grpc

RECOMMEND = "/recsys.v1.RecommendationService/Recommend"
STATUS = "/recsys.v1.ModelService/Status"

options = argparse.ArgumentParser()
for name in ("address", "authorities", "api-key", "certificate", "private-key", "strangers"):
    options.add_argument(f"--{name}", required=True)
options = options.parse_args()


def call(name, credentials, method, *metadata):
    with grpc.secure_channel(options.address, credentials) as channel:
        try:
            # An empty request is a message too, and what comes back is not read here.
            answer = channel.unary_unary(method)(b"", timeout=20, metadata=metadata)
            print(name, "OK" if answer else "EMPTY", flush=True)
        except grpc.RpcError as error:
            print(name, error.code().name, flush=True)


def read(path):
    return pathlib.Path(path).read_bytes()


trusting = grpc.ssl_channel_credentials(read(options.authorities))
known = grpc.ssl_channel_credentials(read(options.authorities), read(options.private_key), read(options.certificate))
call("key", trusting, RECOMMEND, ("x-api-key", options.api_key))
call("bearer", trusting, RECOMMEND, ("authorization", f"Bearer {options.api_key}"))
call("none", trusting, RECOMMEND)
call("bad", trusting, RECOMMEND, ("x-api-key", options.api_key + "x"))
call("role", trusting, STATUS, ("x-api-key", options.api_key))
call("certificate", known, STATUS)
call("distrust", grpc.ssl_channel_credentials(read(options.strangers)), RECOMMEND, ("x-api-key", options.api_key))
