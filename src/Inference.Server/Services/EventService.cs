using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Server.Failures;
using Inference.Server.Requests;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>Message → events → store. Needs no model: what is recorded while one loads counts too.</summary>
internal sealed class EventService(IUserEvents events, UserKeyRing keys, RequestIds ids, TimeProvider time, ILogger<EventService> log) : Recsys.V1.EventService.EventServiceBase
{
    public override async Task<RecordEventsResponse> RecordEvents(RecordEventsRequest request, ServerCallContext context)
    {
        Refuse(EventRules.Check(request));
        RecordedEvents recorded = await events.RecordAsync(EventMapping.ToEvents(request, keys, ids, time.GetUtcNow()), context.CancellationToken);
        return new RecordEventsResponse { Recorded = recorded.Recorded, Duplicates = recorded.Duplicates, Refused = recorded.Refused, Dropped = recorded.Dropped };
    }

    public override async Task<ForgetUserResponse> ForgetUser(ForgetUserRequest request, ServerCallContext context)
    {
        Refuse(EventRules.Check(request));
        DateTimeOffset at;
        try
        {
            at = await events.ForgetAsync(keys.Of(request.UserId), context.CancellationToken);
        }
        catch (StoreException e)
        {
            Log.ForgettingUnconfirmed(log, e.Failure, e);
            throw;
        }

        string receipt = ids.Next();
        Log.UserForgotten(log, receipt);
        return new ForgetUserResponse { ReceiptId = receipt, Time = at.ToTimestamp() };
    }

    private static void Refuse(Failure? failure)
    {
        if (failure is not null)
            throw failure.ToException();
    }
}
