using System.Diagnostics;
using Inference.Recommendations.Ports;

namespace Benchmarks.Towers;

/// <summary>
/// Callers that each ask for one user after another. A call begins when the one before was answered, and includes the wait for a thread, as a request's does whose bytes have arrived.
/// </summary>
internal static class ClosedLoop
{
    public static async Task<Figures> MeasureAsync(IUserTower tower, UserTowerInput[] users, int dimension, int callers, TimeSpan duration)
    {
        var ended = new CancellationTokenSource();
        var all = new List<long>[callers];
        long start = Stopwatch.GetTimestamp();
        Task[] tasks = [.. Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallAsync(caller)))];
        await Task.Delay(duration);
        await ended.CancelAsync();
        await Task.WhenAll(tasks);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long[] ticks = [.. all.SelectMany(list => list)];
        Array.Sort(ticks);
        return new Figures(ticks.Length / seconds, Microseconds(0.5), Microseconds(0.99));

        double Microseconds(double share) => ticks[Math.Min((int)(ticks.Length * share), ticks.Length - 1)] * 1e6 / Stopwatch.Frequency;

        async Task CallAsync(int caller)
        {
            var latencies = all[caller] = new List<long>(1 << 12);
            var embedding = new float[dimension];
            CancellationToken end = ended.Token;
            for (int i = caller * 31; !end.IsCancellationRequested; i++)
            {
                long begun = Stopwatch.GetTimestamp();
                await Task.Yield();
                await tower.EncodeAsync(users.AsMemory(i % users.Length, 1), embedding, default, CancellationToken.None);
                latencies.Add(Stopwatch.GetTimestamp() - begun);
            }
        }
    }

    internal readonly record struct Figures(double PerSecond, double P50Us, double P99Us);
}
