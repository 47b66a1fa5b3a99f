using System.Buffers;
using System.Numerics.Tensors;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Context that a user sent once still counts later: not the context is kept but what it said of the clusters, which fades to the prior.
/// <list type="number">
/// <item>Where the context of the request speaks, what it says is kept, if it differs from what is kept already.</item>
/// <item>Where it does not, and few events are known, what is kept is asked for, inside the time that a reply may wait for stores.</item>
/// </list>
/// </summary>
internal sealed class ContextRecall(IContextMemory? memory, ILogger<ContextRecall> log)
{
    /// <summary>From here on events say more of the clusters than context does.</summary>
    private const int MostEvents = 10;

    /// <summary>Changes below this are not written.</summary>
    private const float LeastChange = 0.02f, LeastShare = 0.05f;

    /// <summary>Keeps or recalls.</summary>
    /// <returns>What is recalled, to be disposed; nothing where the context itself speaks, or nothing is kept.</returns>
    public ValueTask<Recalled> ExchangeAsync(
        Snapshot snapshot, FusedScorer fused, RecommendQuery query, KnownUser user, FeatureSet features, int events, Budget budget, CancellationToken cancellationToken)
    {
        if (memory is null || user.Identity.IsNobody || !fused.Options.RememberContext || fused.Model.Clusters is not { Profiles.ContextFeatures.Count: > 0 } clusters)
            return default;
        float[] rented = ArrayPool<float>.Shared.Rent(clusters.Count);
        Memory<float> lifts = rented.AsMemory(0, clusters.Count);
        bool spoke = clusters.TellContext(features, lifts.Span);
        // What is stored of the user will speak the next time, too.
        if (spoke && query.Context.Count > 0)
            Keep(memory, snapshot, user, lifts.Span, fused.Options);
        if (spoke || events >= MostEvents)
        {
            ArrayPool<float>.Shared.Return(rented);
            return default;
        }

        ValueTask<TimeSpan?> finding = memory.TryGetAsync(snapshot.Model.FullVersion, user.Identity.Key, lifts, cancellationToken);
        return finding.IsCompletedSuccessfully
            ? new ValueTask<Recalled>(Faded(rented, lifts.Span, finding.Result, fused.Options))
            : WaitAsync(finding, rented, lifts, user, fused.Options, budget, cancellationToken);
    }

    private async ValueTask<Recalled> WaitAsync(
        ValueTask<TimeSpan?> finding, float[] rented, Memory<float> lifts, KnownUser user, FusionOptions options, Budget budget, CancellationToken cancellationToken)
    {
        try
        {
            TimeSpan left = budget.Left(user.StoreTimeLeft);
            TimeSpan? age = await budget.WaitAsync(finding, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
            return Faded(rented, lifts.Span, age, options);
        }
        catch (TimeoutException)
        {
            // The read may still write to the buffer, so it is left to the collector; what it finds serves the next request.
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.ContextMemoryFailed(log, e);
        }

        return default;
    }

    private static Recalled Faded(float[] rented, Span<float> lifts, TimeSpan? age, FusionOptions options)
    {
        if (age is not { } past)
        {
            ArrayPool<float>.Shared.Return(rented);
            return default;
        }

        TensorPrimitives.Multiply(lifts, ShareAfter(past, options.ContextHalfLife), lifts);
        return new Recalled(rented, lifts.Length);
    }

    private static void Keep(IContextMemory memory, Snapshot snapshot, KnownUser user, ReadOnlySpan<float> lifts, FusionOptions options)
    {
        float[] held = ArrayPool<float>.Shared.Rent(lifts.Length);
        Span<float> before = held.AsSpan(0, lifts.Length);
        if (!memory.TryGetHeld(snapshot.Model.FullVersion, user.Identity.Key, before, out TimeSpan age) || Differs(before, ShareAfter(age, options.ContextHalfLife), lifts))
            memory.Set(snapshot.Model.FullVersion, user.Identity.Key, lifts);
        ArrayPool<float>.Shared.Return(held);
    }

    private static bool Differs(ReadOnlySpan<float> before, float share, ReadOnlySpan<float> now)
    {
        float allowed = LeastChange + (LeastShare * MathF.Abs(TensorPrimitives.MaxMagnitude(now)));
        for (int c = 0; c < now.Length; c++)
        {
            if (!(MathF.Abs((share * before[c]) - now[c]) <= allowed))
                return true;
        }

        return false;
    }

    private static float ShareAfter(TimeSpan age, TimeSpan halfLife) => age <= TimeSpan.Zero ? 1f : (float)double.Exp2(-age / halfLife);
}

/// <summary>What a user's context said of the clusters, faded; in a pooled buffer.</summary>
/// <param name="rented">The buffer; null for nothing.</param>
/// <param name="count">Number of clusters.</param>
internal readonly struct Recalled(float[]? rented, int count) : IDisposable
{
    public bool IsSet => rented is not null;

    public ReadOnlySpan<float> Lifts => rented.AsSpan(0, count);

    public ReadOnlyMemory<float> Memory => rented.AsMemory(0, count);

    public void Dispose()
    {
        if (rented is not null)
            ArrayPool<float>.Shared.Return(rented);
    }
}
