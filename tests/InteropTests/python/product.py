"""Looks at this project's server the way that orchestrators and generic tools do, with grpcio: health v1, reflection v1 and v1alpha, the Open Inference Protocol."""

import math
import struct

import grpc
import stubs
from cases import TIMEOUT_S, equal, fails_with, main, report
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

# The folder grpc/ is left out of the path: a Python package of that name would hide grpcio.
(health_pb, health), (v1_pb, v1), (v1alpha_pb, v1alpha) = stubs.compile_protos(
    stubs.REPOSITORY / "protos" / "grpc", "health/v1/health.proto", "reflection/v1/reflection.proto", "reflection/v1alpha/reflection.proto"
)
[(oip_pb, oip)] = stubs.compile_protos(stubs.REPOSITORY / "protos", "inference/grpc_inference_service.proto")

SERVICES = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "inference.GRPCInferenceService",
    "recsys.v1.CatalogService",
    "recsys.v1.EventService",
    "recsys.v1.ModelService",
    "recsys.v1.RecommendationService",
    "recsys.v1.StateService",
]
USER_INPUTS = [("history_ids", "INT64", [-1, -1]), ("history_mask", "FP32", [-1, -1]), ("country", "INT64", [-1])]
SERVING = health_pb.HealthCheckResponse.SERVING
NOT_SERVING = health_pb.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb.HealthCheckResponse.SERVICE_UNKNOWN


class Reflection:
    """One version of the protocol: asks one question a call."""

    def __init__(self, channel, messages, services):
        self._messages = messages
        self._stub = services.ServerReflectionStub(channel)

    def ask(self, **question):
        [answer] = self._stub.ServerReflectionInfo(iter([self._messages.ServerReflectionRequest(**question)]), timeout=TIMEOUT_S)
        return answer

    def files(self, **question):
        response = self.ask(**question).file_descriptor_response
        return [descriptor_pb2.FileDescriptorProto.FromString(file) for file in response.file_descriptor_proto]


class Models:
    """Runs models as clients of Triton (raw contents) and of KServe (typed contents) do: nothing is known of a model but what its metadata says."""

    FORMATS = {"INT64": ("q", "int64_contents"), "FP32": ("f", "fp32_contents")}

    def __init__(self, stub):
        self.stub = stub

    def metadata(self, name):
        return self.stub.ModelMetadata(oip_pb.ModelMetadataRequest(name=name), timeout=TIMEOUT_S)

    def infer(self, name, raw, **inputs):
        """The response to inputs of shape and elements."""
        request = oip_pb.ModelInferRequest(model_name=name, id="42")
        for tensor in self.metadata(name).inputs:
            shape, elements = inputs[tensor.name]
            code, field = self.FORMATS[tensor.datatype]
            added = request.inputs.add(name=tensor.name, datatype=tensor.datatype, shape=shape)
            if raw:
                request.raw_input_contents.append(struct.pack(f"<{len(elements)}{code}", *elements))
            else:
                getattr(added.contents, field).extend(elements)
        response = self.stub.ModelInfer(request, timeout=TIMEOUT_S)
        equal((response.model_name, response.id), (name, "42"), "name and id")
        return response

    def elements(self, response, name):
        """The elements of an output, in whichever form they came."""
        [(place, output)] = [(place, output) for place, output in enumerate(response.outputs) if output.name == name]
        code, field = self.FORMATS[output.datatype]
        if response.raw_output_contents:
            content = response.raw_output_contents[place]
            elements = struct.unpack(f"<{len(content) // struct.calcsize(code)}{code}", content)
        else:
            elements = tuple(getattr(output.contents, field))
        equal(len(elements), math.prod(output.shape), "elements of the shape")
        return elements


class Server:
    def __init__(self, channel):
        self.channel = channel
        self.health = health.HealthStub(channel)
        self.v1 = Reflection(channel, v1_pb, v1)
        self.v1alpha = Reflection(channel, v1alpha_pb, v1alpha)
        self.models = Models(oip.GRPCInferenceServiceStub(channel))

    def watch(self, service):
        return self.health.Watch(health_pb.HealthCheckRequest(service=service), timeout=TIMEOUT_S)


def health_check(server):
    for service in ["", *SERVICES]:
        equal(server.health.Check(health_pb.HealthCheckRequest(service=service), timeout=TIMEOUT_S).status, SERVING, service)
    with fails_with(grpc.StatusCode.NOT_FOUND):
        server.health.Check(health_pb.HealthCheckRequest(service="nothing"), timeout=TIMEOUT_S)


def health_watch(server):
    for service, expected in [("", SERVING), ("recsys.v1.RecommendationService", SERVING), ("nothing", SERVICE_UNKNOWN)]:
        states = server.watch(service)
        equal(next(states).status, expected, service)
        states.cancel()
        with fails_with(grpc.StatusCode.CANCELLED):
            next(states)


def health_watch_until_stopped(server):
    states = server.watch("")
    equal(next(states).status, SERVING, "state")
    report("health_watch_until_stopped", "begun")
    equal(next(states).status, NOT_SERVING, "state of a server that stops")


def list_services(reflection):
    services = reflection.ask(list_services="").list_services_response.service
    equal(sorted(service.name for service in services), SERVICES, "services")


def find_files(reflection):
    for symbol in ["recsys.v1.RecommendationService", "recsys.v1.RecommendationService.Recommend", "recsys.v1.RecommendRequest"]:
        equal(reflection.files(file_containing_symbol=symbol)[0].name, "recsys/v1/recommendation_service.proto", symbol)
    equal(reflection.files(file_by_filename="recsys/v1/feature.proto")[0].package, "recsys.v1", "package")
    for question in [{"file_containing_symbol": "recsys.v1.Nothing"}, {"file_by_filename": "nothing.proto"}]:
        equal(reflection.ask(**question).error_response.error_code, grpc.StatusCode.NOT_FOUND.value[0], str(question))


def reflection_v1_list_services(server):
    list_services(server.v1)


def reflection_v1_find_files(server):
    find_files(server.v1)


def reflection_v1alpha_list_services(server):
    list_services(server.v1alpha)


def reflection_v1alpha_find_files(server):
    find_files(server.v1alpha)


def method_by_reflection(server, service, name):
    """A method, as a function of the fields of its request, by one who knows nothing of the service but its name, as grpcurl does."""
    pool = descriptor_pool.DescriptorPool()
    known = set()

    def add(file):
        if file.name not in known:
            known.add(file.name)
            for import_name in file.dependency:
                add(server.v1.files(file_by_filename=import_name)[0])
            pool.Add(file)

    add(server.v1.files(file_containing_symbol=service)[0])
    method = pool.FindServiceByName(service).FindMethodByName(name)
    factory = message_factory.MessageFactory(pool)
    request = factory.GetPrototype(method.input_type)
    call = server.channel.unary_unary(
        f"/{service}/{name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=factory.GetPrototype(method.output_type).FromString,
    )
    return lambda **fields: call(json_format.ParseDict(fields, request()), timeout=TIMEOUT_S)


def recommend_by_reflection(server):
    recommend = method_by_reflection(server, "recsys.v1.RecommendationService", "Recommend")
    equal(len(recommend(user_id="somebody new", limit=3).items), 3, "items")


def open_inference_metadata(server):
    stub = server.models.stub
    equal(stub.ServerLive(oip_pb.ServerLiveRequest(), timeout=TIMEOUT_S).live, True, "live")
    equal(stub.ServerReady(oip_pb.ServerReadyRequest(), timeout=TIMEOUT_S).ready, True, "ready")
    assert stub.ServerMetadata(oip_pb.ServerMetadataRequest(), timeout=TIMEOUT_S).name
    for name, ready in [("user_tower", True), ("small.item_tower", True), ("nothing", False)]:
        equal(stub.ModelReady(oip_pb.ModelReadyRequest(name=name), timeout=TIMEOUT_S).ready, ready, name)
    metadata = server.models.metadata("user_tower")
    equal([(tensor.name, tensor.datatype, list(tensor.shape)) for tensor in metadata.inputs], USER_INPUTS, "inputs")
    equal([(tensor.name, tensor.datatype, list(tensor.shape)) for tensor in metadata.outputs], [("user_embedding", "FP32", [-1, 8])], "outputs")
    equal((list(metadata.versions), metadata.platform), (["1"], "onnxruntime_onnx"), "versions and platform")


def infers_what_is_embedded(server, raw):
    """The towers give by tensors what the server's own service gives by ids and features, which it encodes by the bundle's manifest: rows from 1 on, Italy is 3."""
    embed = method_by_reflection(server, "recsys.v1.RecommendationService", "EmbedUsers")
    users = embed(users=[{"context": {"country": {"string_value": "Italy"}}, "recent_item_ids": ["item-5", "item-9"]}, {"recent_item_ids": ["item-0", "item-39"]}])
    response = server.models.infer(
        "user_tower", raw, history_ids=([2, 2], [6, 10, 1, 40]), history_mask=([2, 2], [1.0] * 4), country=([2], [3, 0])
    )
    close(server.models.elements(response, "user_embedding"), [value for user in users.embeddings for value in user.values])

    items = method_by_reflection(server, "recsys.v1.RecommendationService", "EmbedItems")(items=[{"item_id": "item-11"}])
    response = server.models.infer("item_tower", raw, item_id=([1], [12]))
    close(server.models.elements(response, "item_embedding"), items.embeddings[0].values)
    equal(len(response.raw_output_contents), int(raw), "raw outputs")


def close(actual, expected):
    equal(len(actual), len(expected), "elements")
    for place, (one, other) in enumerate(zip(actual, expected)):
        assert abs(one - other) < 1e-5, f"element {place}: {one}, expected {other}"


def open_inference_raw(server):
    infers_what_is_embedded(server, raw=True)


def open_inference_typed(server):
    infers_what_is_embedded(server, raw=False)


def open_inference_refusals(server):
    with fails_with(grpc.StatusCode.NOT_FOUND, "There is no model 'densenet'; there are 'user_tower', 'item_tower', 'small.user_tower', 'small.item_tower'."):
        server.models.metadata("densenet")
    with fails_with(grpc.StatusCode.INVALID_ARGUMENT, "raw_input_contents[0]: has 16 bytes; INT64 [3] needs 24."):
        server.models.infer("item_tower", True, item_id=([3], [1, 2]))
    with fails_with(grpc.StatusCode.INVALID_ARGUMENT):
        server.models.infer("item_tower", True, item_id=([1], [41]))


CASES = [
    health_check,
    health_watch,
    reflection_v1_list_services,
    reflection_v1_find_files,
    reflection_v1alpha_list_services,
    reflection_v1alpha_find_files,
    recommend_by_reflection,
    open_inference_metadata,
    open_inference_raw,
    open_inference_typed,
    open_inference_refusals,
]

if __name__ == "__main__":
    # On demand: it waits for the server to stop.
    main(__doc__, CASES, Server, only_on_demand=[health_watch_until_stopped])
