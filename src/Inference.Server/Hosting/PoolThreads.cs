using Inference.Towers;

namespace Inference.Server.Hosting;

/// <summary>
/// Gives the thread pool threads beyond the processors. A run of a tower keeps a thread of the pool for milliseconds, and the pool, which begins with one thread for each processor, adds another only after a
/// while: on one or two processors requests would not even be read meanwhile, and their deadlines would begin too late (./dev bench goodput-server).
/// </summary>
internal static class PoolThreads
{
    private const int Towers = 2, Others = 1;

    /// <summary>As many threads at once as processors, runs of towers, and one.</summary>
    public static void Raise(TowerOptions options)
    {
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + (Towers * options.ConcurrentRuns) + Others), completions);
    }
}
