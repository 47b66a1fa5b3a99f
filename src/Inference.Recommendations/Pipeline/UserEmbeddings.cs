using System.Buffers;
using System.Diagnostics;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Pipeline;

/// <summary>The upper rungs of the ladder: the user tower over what is known of the user, within its time budget.</summary>
internal sealed class UserEmbeddings(PipelineOptions options, RecommendationMetrics metrics, TimeProvider time, ILogger<UserEmbeddings> log)
{
    /// <summary>The rung that the tower would serve for this user; null when there is nothing that the tower could read.</summary>
    public static Rung? RungFor(UserState? state, int historyCount) => state switch
    {
        not null when historyCount > 0 || state.Features.Count > 0 => Rung.UserTower,
        null when historyCount > 0 => Rung.Session,
        _ => null,
    };

    /// <summary>Encodes one user.</summary>
    /// <returns>The embedding, to be disposed; null when the tower failed or would be too late, which is then labelled.</returns>
    public async ValueTask<RentedEmbedding?> EncodeAsync(
        Snapshot snapshot, FeatureSet features, History history, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        TimeSpan left = budget.Left(options.TowerBudget);
        if (left <= TimeSpan.Zero)
        {
            degraded.Add(Components.UserTower, DegradationReason.Timeout, "No time was left to run the user tower.");
            return null;
        }

        var embedding = new RentedEmbedding(snapshot.Model.Dimension);
        using Activity? span = Log.Activities.StartActivity("user_tower");
        long start = time.GetTimestamp();
        bool answered = false;
        try
        {
            embedding.Input[0] = new UserTowerInput(features, history.Rows);
            ValueTask encoding = snapshot.UserTower.EncodeAsync(embedding.Input, embedding.Memory, cancellationToken);
            await budget.WaitAsync(encoding, left, cancellationToken);
            answered = true;
            metrics.TowerRan(time.GetElapsedTime(start), "ok");
            return embedding;
        }
        catch (TimeoutException)
        {
            metrics.TowerRan(time.GetElapsedTime(start), "timeout");
            degraded.Add(Components.UserTower, DegradationReason.Timeout, "The user tower did not answer within its budget.");
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.UserTowerFailed(log, snapshot.Model.FullVersion, e);
            metrics.TowerRan(time.GetElapsedTime(start), "error");
            degraded.Add(Components.UserTower, DegradationReason.Failed, "The user tower failed.");
        }
        finally
        {
            // A late tower may still read the history and write the embedding, so neither goes back to its pool.
            if (!answered)
                history.Abandon();
        }

        return null;
    }

    /// <summary>One embedding in a pooled buffer. Not returned to the pool unless disposed by the reader, since a late tower may still write to it.</summary>
    public sealed class RentedEmbedding(int dimension) : IDisposable
    {
        private float[] _values = ArrayPool<float>.Shared.Rent(dimension);

        public UserTowerInput[] Input { get; } = new UserTowerInput[1];

        public Memory<float> Memory => _values.AsMemory(0, dimension);

        public void Dispose()
        {
            if (_values.Length > 0)
                ArrayPool<float>.Shared.Return(_values);
            _values = [];
        }
    }
}
