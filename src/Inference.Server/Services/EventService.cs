using Grpc.Core;
using Inference.Server.Failures;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>Declared in the contract, not served yet: says what to do instead.</summary>
internal sealed class EventService : Recsys.V1.EventService.EventServiceBase
{
    public override Task<RecordEventsResponse> RecordEvents(RecordEventsRequest request, ServerCallContext context) =>
        throw FailureTable.NotServed("This server does not record events; send what the session touched in recent_item_ids of Recommend.").ToException();

    public override Task<ForgetUserResponse> ForgetUser(ForgetUserRequest request, ServerCallContext context) =>
        throw FailureTable.NotServed("This server stores nothing about users beyond its bundle; publish a bundle without the user.").ToException();
}
