"""Runs the interoperability cases with grpcio against any server of grpc.testing.TestService."""

import queue

import grpc
import stubs
from cases import TIMEOUT_S, Partial, equal, fails_with, main

pb, services = stubs.test_service()

STREAM_SIZES = [(27182, 31415), (8, 9), (1828, 2653), (45904, 58979)]  # (request, response) bytes


def payload(size):
    return pb.Payload(body=bytes(size))


def large_request(**fields):
    return pb.SimpleRequest(response_size=314159, payload=payload(271828), **fields)


def duplex_request(request_size, response_size):
    return pb.StreamingOutputCallRequest(response_parameters=[pb.ResponseParameters(size=response_size)], payload=payload(request_size))


def zeros(response, size):
    assert response.payload.body == bytes(size), f"payload of {len(response.payload.body)} bytes, expected {size} zeros"


class Requests:
    """A request stream that is fed by hand; iteration ends with close()."""

    def __init__(self):
        self._queue = queue.Queue()

    def send(self, message):
        self._queue.put(message)

    def close(self):
        self._queue.put(None)

    def __iter__(self):
        return iter(self._queue.get, None)


def empty_unary(stub):
    equal(stub.EmptyCall(pb.Empty(), timeout=TIMEOUT_S), pb.Empty(), "reply")


def large_unary(stub):
    zeros(stub.UnaryCall(large_request(), timeout=TIMEOUT_S), 314159)


def client_streaming(stub):
    requests = [pb.StreamingInputCallRequest(payload=payload(size)) for size, _ in STREAM_SIZES]
    equal(stub.StreamingInputCall(iter(requests), timeout=TIMEOUT_S).aggregated_payload_size, 74922, "sum")


def server_streaming(stub):
    sizes = [size for _, size in STREAM_SIZES]
    request = pb.StreamingOutputCallRequest(response_parameters=[pb.ResponseParameters(size=size) for size in sizes])
    responses = list(stub.StreamingOutputCall(request, timeout=TIMEOUT_S))
    equal([len(response.payload.body) for response in responses], sizes, "sizes")


def ping_pong(stub):
    requests = Requests()
    responses = stub.FullDuplexCall(iter(requests), timeout=TIMEOUT_S)
    for request_size, response_size in STREAM_SIZES:
        requests.send(duplex_request(request_size, response_size))
        zeros(next(responses), response_size)
    requests.close()
    equal(list(responses), [], "replies after the last")


def empty_stream(stub):
    equal(list(stub.FullDuplexCall(iter(()), timeout=TIMEOUT_S)), [], "replies")


def cancel_after_begin(stub):
    requests = Requests()
    call = stub.StreamingInputCall.future(iter(requests), timeout=TIMEOUT_S)
    call.cancel()
    equal(call.code(), grpc.StatusCode.CANCELLED, "status")
    requests.close()


def cancel_after_first_response(stub):
    requests = Requests()
    responses = stub.FullDuplexCall(iter(requests), timeout=TIMEOUT_S)
    requests.send(duplex_request(*STREAM_SIZES[0]))
    zeros(next(responses), STREAM_SIZES[0][1])
    responses.cancel()
    with fails_with(grpc.StatusCode.CANCELLED):
        next(responses)
    requests.close()


def timeout_on_sleeping_server(stub):
    requests = Requests()
    responses = stub.FullDuplexCall(iter(requests), timeout=0.001)
    requests.send(pb.StreamingOutputCallRequest(payload=payload(27182)))
    with fails_with(grpc.StatusCode.DEADLINE_EXCEEDED):
        next(responses)
    requests.close()


def custom_metadata(stub):
    sent = (("x-grpc-test-echo-initial", "test_initial_metadata_value"), ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"))

    def check(call):
        equal(dict(call.initial_metadata()).get(sent[0][0]), sent[0][1], "initial metadata")
        equal(dict(call.trailing_metadata()).get(sent[1][0]), sent[1][1], "trailing metadata")

    _, unary = stub.UnaryCall.with_call(large_request(), metadata=sent, timeout=TIMEOUT_S)
    check(unary)
    duplex = stub.FullDuplexCall(iter([duplex_request(271828, 314159)]), metadata=sent, timeout=TIMEOUT_S)
    for response in duplex:
        zeros(response, 314159)
    check(duplex)


def status_code_and_message(stub):
    status = pb.EchoStatus(code=2, message="test status message")
    with fails_with(grpc.StatusCode.UNKNOWN, status.message):
        stub.UnaryCall(pb.SimpleRequest(response_status=status), timeout=TIMEOUT_S)
    with fails_with(grpc.StatusCode.UNKNOWN, status.message):
        list(stub.FullDuplexCall(iter([pb.StreamingOutputCallRequest(response_status=status)]), timeout=TIMEOUT_S))


def special_status_message(stub):
    status = pb.EchoStatus(code=2, message="\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n")
    with fails_with(grpc.StatusCode.UNKNOWN, status.message):
        stub.UnaryCall(pb.SimpleRequest(response_status=status), timeout=TIMEOUT_S)


def unimplemented_method(stub):
    with fails_with(grpc.StatusCode.UNIMPLEMENTED):
        stub.UnimplementedCall(pb.Empty(), timeout=TIMEOUT_S)


def unimplemented_service(stub):
    with fails_with(grpc.StatusCode.UNIMPLEMENTED):
        stub.absent.UnimplementedCall(pb.Empty(), timeout=TIMEOUT_S)


def client_compressed_unary(stub):
    def call(expect_compressed, compression):
        request = large_request(expect_compressed=pb.BoolValue(value=expect_compressed))
        return stub.UnaryCall(request, compression=compression, metadata=watched("client_compressed_unary"), timeout=TIMEOUT_S)

    with fails_with(grpc.StatusCode.INVALID_ARGUMENT):
        call(True, grpc.Compression.NoCompression)
    zeros(call(True, grpc.Compression.Gzip), 314159)
    zeros(call(False, grpc.Compression.NoCompression), 314159)


def client_compressed_streaming(stub):
    def call(compression, *requests):
        return stub.StreamingInputCall(iter(requests), compression=compression, metadata=watched("client_compressed_streaming"), timeout=TIMEOUT_S)

    def request(size, expect_compressed):
        return pb.StreamingInputCallRequest(payload=payload(size), expect_compressed=pb.BoolValue(value=expect_compressed))

    with fails_with(grpc.StatusCode.INVALID_ARGUMENT):
        call(grpc.Compression.NoCompression, request(27182, True))
    equal(call(grpc.Compression.Gzip, request(27182, True), request(45904, True)).aggregated_payload_size, 73086, "sum")
    raise Partial("grpcio's client compresses a whole call or none of it, so the uncompressed second message of the stream is sent compressed.")


def server_compressed_unary(stub):
    for compressed in (True, False):
        request = large_request(response_compressed=pb.BoolValue(value=compressed))
        zeros(stub.UnaryCall(request, metadata=watched("server_compressed_unary"), timeout=TIMEOUT_S), 314159)


def server_compressed_streaming(stub):
    wanted = [(True, 31415), (False, 92653)]
    parameters = [pb.ResponseParameters(size=size, compressed=pb.BoolValue(value=compressed)) for compressed, size in wanted]
    request = pb.StreamingOutputCallRequest(response_parameters=parameters)
    responses = list(stub.StreamingOutputCall(request, metadata=watched("server_compressed_streaming"), timeout=TIMEOUT_S))
    equal([len(response.payload.body) for response in responses], [size for _, size in wanted], "sizes")


def watched(case):
    """Asks our server to keep the compressed flags of the call's messages, which grpcio does not show."""
    return (("x-interop-case", case),)


CASES = [
    empty_unary,
    large_unary,
    client_streaming,
    server_streaming,
    ping_pong,
    empty_stream,
    cancel_after_begin,
    cancel_after_first_response,
    timeout_on_sleeping_server,
    custom_metadata,
    status_code_and_message,
    special_status_message,
    unimplemented_method,
    unimplemented_service,
    client_compressed_unary,
    server_compressed_unary,
    client_compressed_streaming,
    server_compressed_streaming,
]


def connect(channel):
    stub = services.TestServiceStub(channel)
    stub.absent = services.UnimplementedServiceStub(channel)
    return stub


if __name__ == "__main__":
    main(__doc__, CASES, connect)
