using Inference.Towers;

namespace Inference.Server.Hosting;

/// <summary>
/// Gives the thread pool threads beyond the processors. A run of a tower keeps a thread of the pool for milliseconds, and the pool, which begins with one thread for each processor, adds another only after a
/// while: on one or two processors requests would not even be read meanwhile, and their deadlines would begin too late (./dev bench goodput-server).
/// </summary>
internal static class PoolThreads
{
    private const int Towers = 2, Others = 1;

    /// <summary>Below this many processors a thread that spins takes the time of one that has work.</summary>
    private const int SpinFrom = 4;

    /// <summary>As many threads at once as processors, runs of towers, and one.</summary>
    public static void Raise(TowerOptions options)
    {
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + (Towers * options.ConcurrentRuns) + Others), completions);
    }

    /// <summary>
    /// Lets threads of the pool that wait for work sleep at once where there are few processors. The runtime lets each spin for a while, with a switch of threads at every turn, so that on one core a fifth of the time went there and calls waited behind it
    /// (./dev bench runtime). Before the first thread of the pool; what the environment says stands.
    /// </summary>
    public static void KeepFromSpinning() => KeepFromSpinning(Environment.ProcessorCount, Environment.GetEnvironmentVariable("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"));

    internal static void KeepFromSpinning(int processors, string? environment)
    {
        if (processors < SpinFrom && environment is null)
            AppContext.SetData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", "0");
    }
}
