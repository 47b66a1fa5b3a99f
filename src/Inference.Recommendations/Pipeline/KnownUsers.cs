using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Pipeline;

/// <summary>Step 1 of a request: what is known of the user. A store that is slow or fails reads as "not known" and is labelled.</summary>
internal sealed class KnownUsers(IUserStates states, UserKeyRing keys, PipelineOptions options, ILogger<KnownUsers> log)
{
    public async ValueTask<UserState?> FindAsync(string userId, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        if (userId.Length == 0)
            return null;
        try
        {
            TimeSpan left = budget.Left(options.UserStateBudget);
            if (left > TimeSpan.Zero)
                return await budget.WaitAsync(states.FindAsync(keys.Of(userId), cancellationToken), left, cancellationToken);
            degraded.Add(Components.UserState, DegradationReason.Timeout, "No time was left to look the user up.");
        }
        catch (TimeoutException)
        {
            degraded.Add(Components.UserState, DegradationReason.Timeout, "The store of user states did not answer within its budget.");
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.UserStateFailed(log, e);
            degraded.Add(Components.UserState, DegradationReason.Failed, "The store of user states failed.");
        }

        return null;
    }
}
