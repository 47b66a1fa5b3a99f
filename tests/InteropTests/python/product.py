"""Looks at this project's server the way that orchestrators and generic tools do, with grpcio: health v1, reflection v1 and v1alpha."""

import grpc
import stubs
from cases import TIMEOUT_S, equal, fails_with, main, report
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

# The folder grpc/ is left out of the path: a Python package of that name would hide grpcio.
(health_pb, health), (v1_pb, v1), (v1alpha_pb, v1alpha) = stubs.compile_protos(
    stubs.REPOSITORY / "protos" / "grpc", "health/v1/health.proto", "reflection/v1/reflection.proto", "reflection/v1alpha/reflection.proto"
)

SERVICES = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "recsys.v1.CatalogService",
    "recsys.v1.EventService",
    "recsys.v1.ModelService",
    "recsys.v1.RecommendationService",
    "recsys.v1.StateService",
]
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


class Server:
    def __init__(self, channel):
        self.channel = channel
        self.health = health.HealthStub(channel)
        self.v1 = Reflection(channel, v1_pb, v1)
        self.v1alpha = Reflection(channel, v1alpha_pb, v1alpha)

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


def recommend_by_reflection(server):
    """Knows nothing of the service but its name, as grpcurl does."""
    pool = descriptor_pool.DescriptorPool()
    known = set()

    def add(file):
        if file.name not in known:
            known.add(file.name)
            for name in file.dependency:
                add(server.v1.files(file_by_filename=name)[0])
            pool.Add(file)

    add(server.v1.files(file_containing_symbol="recsys.v1.RecommendationService")[0])
    method = pool.FindServiceByName("recsys.v1.RecommendationService").FindMethodByName("Recommend")
    factory = message_factory.MessageFactory(pool)
    request = factory.GetPrototype(method.input_type)(user_id="somebody new", limit=3)
    recommend = server.channel.unary_unary(
        "/recsys.v1.RecommendationService/Recommend",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=factory.GetPrototype(method.output_type).FromString,
    )
    equal(len(recommend(request, timeout=TIMEOUT_S).items), 3, "items")


CASES = [
    health_check,
    health_watch,
    reflection_v1_list_services,
    reflection_v1_find_files,
    reflection_v1alpha_list_services,
    reflection_v1alpha_find_files,
    recommend_by_reflection,
]

if __name__ == "__main__":
    # On demand: it waits for the server to stop.
    main(__doc__, CASES, Server, only_on_demand=[health_watch_until_stopped])
