using System.Diagnostics;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Pipeline;

/// <summary>Step 1 of a request: what is known of the user. Where the store is slow or fails, what the process itself holds has to do, and the reply is labelled.</summary>
internal sealed class KnownUsers(IUserStates states, UserKeyRing keys, PipelineOptions options, TimeProvider time, ILogger<KnownUsers> log)
{
    private readonly Patience _patience = new(options.UserStateBudget);

    /// <param name="userId">Whom to look up; empty for nobody.</param>
    /// <param name="bundle">The version that answers: what its bundle knows of the user counts, and not what another's does.</param>
    public async ValueTask<KnownUser> FindAsync(string userId, string bundle, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        UserIdentity user = keys.Of(userId) with { Bundle = bundle };
        if (user.IsNobody)
            return default;
        using Activity? span = Spans.Begin(Log.Activities, "user_state");
        TimeSpan left = budget.Left(options.UserStateBudget);
        try
        {
            if (left <= TimeSpan.Zero)
            {
                degraded.Add(Components.UserState, DegradationReason.Timeout, "No time was left to look the user up.");
                span.Ended("timeout");
                return new KnownUser(user, states.Held(user), TimeSpan.Zero);
            }

            long start = time.GetTimestamp();
            bool waits = _patience.Left > TimeSpan.Zero;
            // A read that nobody waits for tells when the store is well again, so it does not end with its caller.
            ValueTask<UserLookup> finding = states.FindAsync(user, waits ? cancellationToken : CancellationToken.None);
            if (!finding.IsCompleted && !waits)
            {
                _ = ListenAsync(finding.AsTask(), start);
                Label(StoreFailure.Timeout, degraded, span);
                return new KnownUser(user, states.Held(user), TimeSpan.Zero);
            }

            bool isHeld = finding.IsCompleted;
            span?.SetTag("recsys.cache.level", isHeld ? "memory" : "redis");
            UserLookup found = await budget.WaitAsync(finding, left, cancellationToken);
            if (!isHeld)
                _patience.Answered(time.GetElapsedTime(start));
            Label(found.Failure, degraded, span);
            return new KnownUser(user, found.State, left - time.GetElapsedTime(start));
        }
        catch (TimeoutException)
        {
            _patience.WasLate();
            Label(StoreFailure.Timeout, degraded, span);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.UserStateFailed(log, e);
            Label(StoreFailure.Refused, degraded, span);
        }

        return new KnownUser(user, states.Held(user), TimeSpan.Zero);
    }

    /// <summary>What the process itself holds of a user: no store is asked.</summary>
    public KnownUser Held(string userId, string bundle)
    {
        UserIdentity user = keys.Of(userId) with { Bundle = bundle };
        return user.IsNobody ? default : new KnownUser(user, states.Held(user), TimeSpan.Zero);
    }

    /// <summary>Hears when a read ends that no reply waits for.</summary>
    private async Task ListenAsync(Task<UserLookup> finding, long start)
    {
        await ((Task)finding).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (finding.IsCompletedSuccessfully)
            _patience.Answered(time.GetElapsedTime(start));
    }

    private static void Label(StoreFailure failure, Degradations degraded, Activity? span)
    {
        switch (failure)
        {
            case StoreFailure.None:
                span.Ended("ok");
                break;
            case StoreFailure.Timeout:
                span.Failed("timeout");
                degraded.Add(Components.UserState, DegradationReason.Timeout, "The store of user states did not answer within its budget; what this server holds was used.");
                break;
            case StoreFailure.Unavailable or StoreFailure.Connection:
                span.Failed("unavailable");
                degraded.Add(Components.UserState, DegradationReason.Unavailable, "The store of user states cannot be reached; what this server holds was used.");
                break;
            default:
                span.Failed("failed");
                degraded.Add(Components.UserState, DegradationReason.Failed, "The store of user states failed; what this server holds was used.");
                break;
        }
    }
}
