using Inference.Recommendations.Ports;

namespace Inference.Towers.Runtime;

/// <summary>Runs towers while a bundle is loaded: a run that takes too long, or a load that is given up, is ended instead of waited for.</summary>
internal sealed class GuardedRuns(TimeProvider time, TimeSpan timeout, CancellationToken cancellationToken)
{
    private bool _late;

    /// <summary>Whether a run took too long; towers that were stopped so do not run again.</summary>
    public bool TimedOut => Volatile.Read(ref _late);

    /// <summary>Encodes rows.</summary>
    /// <exception cref="TowerException">The model failed, gave numbers that are not finite, or took too long.</exception>
    public async Task<float[]> EncodeAsync<TInput, TSource>(TowerRunner<TInput, TSource> runner, int dimension, params TInput[] rows)
        where TInput : struct
        where TSource : IRowSource<TInput>
    {
        var embeddings = new float[rows.Length * dimension];
        await using ITimer timer = time.CreateTimer(
            _ =>
            {
                Volatile.Write(ref _late, true);
                runner.Terminate();
            },
            null,
            timeout,
            Timeout.InfiniteTimeSpan);
        await using CancellationTokenRegistration given = cancellationToken.UnsafeRegister(static runner => ((TowerRunner<TInput, TSource>)runner!).Terminate(), runner);
        try
        {
            await runner.EncodeAsync(rows, embeddings, cancellationToken);
            return embeddings;
        }
        catch (TowerException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw TimedOut ? new TowerException($"A run took more than {timeout}.", e) : e;
        }
    }
}
