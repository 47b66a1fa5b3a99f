using Inference.Recommendations.Ports;

namespace Inference.Towers.Runtime;

/// <summary>Runs towers while a bundle is loaded, on the thread that asks: a run that takes too long, or a load that is given up, is ended instead of waited for.</summary>
internal sealed class GuardedRuns(TimeProvider time, TimeSpan timeout, CancellationToken cancellationToken)
{
    private readonly TimeProvider _time = time;
    private readonly TimeSpan _timeout = timeout;
    private readonly CancellationToken _cancellationToken = cancellationToken;
    private bool _late;

    /// <summary>Whether a run took too long; towers that were stopped so do not run again.</summary>
    public bool TimedOut => Volatile.Read(ref _late);

    /// <summary>Encodes rows.</summary>
    /// <exception cref="TowerException">The model failed, gave numbers that are not finite, or took too long.</exception>
    /// <exception cref="OperationCanceledException">The load was given up.</exception>
    public float[] Encode<TInput, TSource>(TowerRunner<TInput, TSource> runner, int dimension, params TInput[] rows)
        where TInput : struct
        where TSource : IRowSource<TInput>
    {
        var embeddings = new float[rows.Length * dimension];
        using Watch watch = Begin(runner.Terminate);
        watch.Run(() => runner.EncodeHere(rows, embeddings));
        return embeddings;
    }

    /// <summary>Ranks the candidates of some users, all in as few batches as they fit in.</summary>
    /// <returns>The scores, one user after the other.</returns>
    /// <exception cref="TowerException">The model failed, gave numbers that are not finite, or took too long.</exception>
    /// <exception cref="OperationCanceledException">The load was given up.</exception>
    public float[] Rank(OnnxRanker ranker, params RankInput[] inputs)
    {
        var rows = new RankedRow[inputs.Sum(input => input.Rows.Length)];
        int start = 0;
        foreach (RankInput input in inputs)
        {
            ranker.Fill(input, rows.AsSpan(start, input.Rows.Length));
            start += input.Rows.Length;
        }

        return Encode(ranker.Runner, 1, rows);
    }

    /// <summary>Watches the runs of one tower, or of one thread's slot of it; not for several threads.</summary>
    /// <param name="terminate">Ends the run under way and all later ones.</param>
    public Watch Begin(Action terminate) => new(this, terminate);

    /// <summary>One timer for many runs, one after the other.</summary>
    public sealed class Watch : IDisposable
    {
        private readonly GuardedRuns _runs;
        private readonly Action _terminate;
        private readonly ITimer _timer;
        private readonly CancellationTokenRegistration _givenUp;

        public Watch(GuardedRuns runs, Action terminate)
        {
            _runs = runs;
            _terminate = terminate;
            _timer = runs._time.CreateTimer(static watch => ((Watch)watch!).End(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _givenUp = runs._cancellationToken.UnsafeRegister(static watch => ((Watch)watch!)._terminate(), this);
        }

        /// <summary>Runs the tower once.</summary>
        /// <exception cref="TowerException">It failed or took too long.</exception>
        /// <exception cref="OperationCanceledException">The load was given up.</exception>
        public void Run(Action run)
        {
            _runs._cancellationToken.ThrowIfCancellationRequested();
            _timer.Change(_runs._timeout, Timeout.InfiniteTimeSpan);
            try
            {
                run();
            }
            catch (TowerException e)
            {
                _runs._cancellationToken.ThrowIfCancellationRequested();
                throw _runs.TimedOut ? new TowerException($"A run took more than {_runs._timeout}.", e) : e;
            }
            finally
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        public void Dispose()
        {
            _givenUp.Dispose();
            _timer.Dispose();
        }

        private void End()
        {
            Volatile.Write(ref _runs._late, true);
            _terminate();
        }
    }
}
