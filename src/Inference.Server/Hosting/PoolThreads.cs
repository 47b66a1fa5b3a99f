using Inference.Towers;

namespace Inference.Server.Hosting;

/// <summary>
/// Keeps the thread pool at as many threads as are of use. What reads, lets in and answers is done in microseconds, and calls compute on threads of their own (<see cref="Towers.Batching.Resumptions"/>), so as many as there are processors do best: on one processor
/// every further one means that each step of a call wakes another thread, ten switches a call instead of two. Where something keeps the pool's threads for long, or calls wait for room, there have to be more, and soon: the runtime itself looks twice a second (ADR 48).
/// </summary>
internal sealed class PoolThreads : IDisposable
{
    /// <summary>Below this many processors a thread that spins, or one more than is of use, takes the time of one that has work.</summary>
    private const int ManyProcessors = 4;

    private const int Towers = 2, Others = 1;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(10);

    /// <summary>After which it looks whether what waited still does: work that came at the moment of a look, as that of timers of the same period does, is done by then.</summary>
    private static readonly TimeSpan SecondLook = TimeSpan.FromMilliseconds(3);

    private readonly PoolSize _size;
    private readonly Func<bool> _callsWait;
    private readonly ManualResetEventSlim _ends = new(initialState: false, spinCount: 0);
    private readonly Thread _thread;

    private PoolThreads(PoolSize size, Func<bool> callsWait)
    {
        (_size, _callsWait) = (size, callsWait);
        _thread = new Thread(Work) { IsBackground = true, Name = "pool threads" };
    }

    /// <summary>
    /// Sets the pool up for few processors; before its first thread, and what the environment says stands.
    /// <list type="bullet">
    /// <item>Threads that wait for work sleep at once. The runtime lets each spin for a while, with a switch of threads at every turn: a fifth of the time of one core went there, and calls waited behind it (./dev bench runtime).</item>
    /// <item>The runtime does not try by itself whether more threads do more (hill climbing).</item>
    /// </list>
    /// </summary>
    public static void SetUp() => SetUp(Environment.ProcessorCount, Environment.GetEnvironmentVariable);

    internal static void SetUp(int processors, Func<string, string?> environment)
    {
        if (processors >= ManyProcessors)
            return;
        if (environment("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit") is null)
            AppContext.SetData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", "0");
        if (environment("DOTNET_HillClimbing_Disable") is null)
            AppContext.SetData("System.Threading.ThreadPool.HillClimbing.Disable", "true");
    }

    /// <summary>Looks after the pool of this process until it is disposed.</summary>
    /// <param name="towers">How many runs may keep a thread.</param>
    /// <param name="callsWait">Whether calls wait for room, or are refused.</param>
    public static PoolThreads Keep(TowerOptions towers, Func<bool> callsWait)
    {
        ThreadPool.GetMinThreads(out int fewest, out _);
        ThreadPool.GetMaxThreads(out int most, out _);
        most = Math.Min(most, Math.Max(fewest, Environment.ProcessorCount + (Towers * towers.ConcurrentRuns) + Others));
        var threads = new PoolThreads(new PoolSize(fewest, most), callsWait);
        threads._thread.Start();
        return threads;
    }

    public void Dispose()
    {
        _ends.Set();
        _thread.Join();
        _ends.Dispose();
    }

    private void Work()
    {
        int now = _size.Now;
        while (!_ends.Wait(_size.LooksAgain ? SecondLook : Period))
        {
            int next = _size.Look(Environment.TickCount64, ThreadPool.PendingWorkItemCount, ThreadPool.CompletedWorkItemCount, _callsWait());
            if (next != now)
                Set(now = next);
        }

        Set(_size.Fewest);
    }

    private static void Set(int threads)
    {
        ThreadPool.GetMinThreads(out _, out int completions);
        ThreadPool.SetMinThreads(threads, completions);
        // The least only raises the number that the pool aims at; the most alone lowers it.
        ThreadPool.GetMaxThreads(out int most, out int mostCompletions);
        if (ThreadPool.SetMaxThreads(threads, mostCompletions))
            ThreadPool.SetMaxThreads(most, mostCompletions);
    }
}
