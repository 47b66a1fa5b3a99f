using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using RedisRig;

namespace Benchmarks.Loading;

/// <summary>One start of the real server in a process of its own.</summary>
/// <param name="ReadySeconds">From the start of the process to the first good answer of /readyz.</param>
/// <param name="Stages">Milliseconds of each stage of the load.</param>
/// <param name="AllocatedBytes">Managed memory that was allocated until then.</param>
/// <param name="Collections">Garbage collections until then, all generations.</param>
/// <param name="PauseSeconds">How long they stopped everything.</param>
/// <param name="ResidentBytes">Memory of the process when it was ready.</param>
/// <param name="PeakBytes">The most that it was.</param>
internal sealed record ServerStart(
    double ReadySeconds, IReadOnlyDictionary<string, double> Stages, long AllocatedBytes, int Collections, double PauseSeconds, long ResidentBytes, long PeakBytes)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>Starts the server, waits until it is ready, and stops it.</summary>
    /// <param name="bundle">What it serves.</param>
    /// <param name="cache">Its cache folder.</param>
    /// <param name="keeps">How many parts are in the cache folder when everything is kept; the server is not stopped before.</param>
    /// <param name="more">More arguments.</param>
    /// <exception cref="InvalidOperationException">It ended, or was not ready in time.</exception>
    public static async Task<ServerStart> MeasureAsync(string bundle, string cache, int keeps, IReadOnlyList<string> more)
    {
        int http = FreePorts.Take(), grpc = FreePorts.Take();
        string server = Path.Combine(AppContext.BaseDirectory, "..", "..", "Inference.Server", "release", "Inference.Server.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])
            [
                server, "--bundle", bundle, $"--Inference:Server:GrpcAddress=127.0.0.1:{grpc}", $"--Inference:Server:HttpAddress=127.0.0.1:{http}",
                $"--Inference:Loading:CacheFolder={cache}", "--Logging:LogLevel:Inference=Debug", .. more,
            ])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["ORT_DISABLE_TELEMETRY"] = "1";
        var log = new List<string>();
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        void Remember(object _, DataReceivedEventArgs line)
        {
            lock (log)
                log.Add(line.Data ?? "");
        }

        process.ErrorDataReceived += Remember;
        process.OutputDataReceived += Remember;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}"), Timeout = TimeSpan.FromSeconds(5) };
            while (!await IsReadyAsync(client))
            {
                if (process.HasExited || Stopwatch.GetElapsedTime(began) > Patience)
                    throw new InvalidOperationException("The server is not ready:\n" + string.Join('\n', Copy()));
                await Task.Delay(5);
            }

            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            string metrics = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            string status = await File.ReadAllTextAsync($"/proc/{process.Id}/status");
            while (Directory.Exists(cache) && Directory.GetFiles(cache).Count(file => Path.GetExtension(file) != ".tmp") < keeps && Stopwatch.GetElapsedTime(began) < Patience)
                await Task.Delay(50);
            return new ServerStart(
                seconds,
                StagesOf(Copy()),
                (long)Sum(metrics, "dotnet_gc_heap_total_allocated_bytes_total"),
                (int)Sum(metrics, "dotnet_gc_collections_total"),
                Sum(metrics, "dotnet_gc_pause_time_seconds_total"),
                Kilobytes(status, "VmRSS") * 1024,
                Kilobytes(status, "VmHWM") * 1024);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
            await process.WaitForExitAsync();
        }

        List<string> Copy()
        {
            lock (log)
                return [.. log];
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri("/readyz", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static Dictionary<string, double> StagesOf(IEnumerable<string> log)
    {
        string? line = log.LastOrDefault(line => line.Contains("Milliseconds of ", StringComparison.Ordinal));
        return line is null
            ? []
            : Regex.Matches(line, @"([A-Z]\w+) (\d+)(?:,|$)").ToDictionary(match => match.Groups[1].Value, match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    private static double Sum(string metrics, string name) => metrics.Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is '{' or ' ')
        .Sum(line => double.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) is >= 0 and var brace ? brace + 2 : name.Length + 1)..].Split(' ')[0], CultureInfo.InvariantCulture));

    private static long Kilobytes(string status, string name) =>
        long.Parse(Regex.Match(status, $@"^{name}:\s+(\d+) kB", RegexOptions.Multiline).Groups[1].Value, CultureInfo.InvariantCulture);
}
