using System.Diagnostics;
using System.Globalization;

namespace Fuzz.Engine;

/// <summary>Runs cases in processes of their own: one that ends is a finding, and the next one goes on behind the case that ended it.</summary>
/// <param name="target">Name of the target.</param>
/// <param name="seed">Of the inputs.</param>
public sealed class ChildRun(string target, int seed)
{
    private const int MostDeaths = 8, MinimiserTries = 60;

    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(2);

    /// <summary>Runs cases until there are so many, or the time is over.</summary>
    /// <param name="cases">Most cases.</param>
    /// <param name="time">Most time; null for as long as it takes.</param>
    public FuzzReport Run(int cases, TimeSpan? time = null)
    {
        var all = new FuzzReport(target);
        long begin = Stopwatch.GetTimestamp();
        for (int first = 0, deaths = 0; all.Cases < cases && deaths < MostDeaths && (time is null || Stopwatch.GetElapsedTime(begin) < time);)
        {
            using var folder = new ChildFolder();
            TimeSpan? left = time - Stopwatch.GetElapsedTime(begin);
            string end = Start(folder, left, "child", target, Number(seed), Number(first), Number(cases - all.Cases), Number(left?.TotalSeconds ?? 0), folder.Path);
            if (folder.Report.Read() is { } report)
            {
                Add(all, report);
                break;
            }

            deaths++;
            if (folder.Report.Last() is not { } last)
            {
                all.Findings.Add(new Finding(target, "the process ends before its first case", end, []));
                break;
            }

            all.Cases += last.Number - first + 1;
            all.Taken += last.Taken;
            all.Failures++;
            first = last.Number + 1;
            string kind = $"the process ends: {KindOf(end)}";
            if (all.Findings.Exists(finding => finding.Kind == kind))
                continue;
            byte[] smallest = Minimiser.Run(last.Input, one => Replay(one) is { } again && KindOf(again) == KindOf(end), MinimiserTries);
            all.Findings.Add(new Finding(target, kind, end, smallest));
        }

        all.Elapsed = Stopwatch.GetElapsedTime(begin);
        return all;
    }

    /// <summary>Has a process read one input.</summary>
    /// <returns>How it ended, where it did not end as it should; null where it did.</returns>
    public string? Replay(byte[] input)
    {
        using var folder = new ChildFolder();
        string path = Path.Combine(folder.Path, "input.bin");
        File.WriteAllBytes(path, input);
        string end = Start(folder, null, "replay", target, path);
        return end.Length == 0 ? null : end;
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Add(FuzzReport all, FuzzReport one)
    {
        all.Cases += one.Cases;
        all.Taken += one.Taken;
        all.Failures += one.Failures;
        all.Findings.AddRange(one.Findings.Where(finding => !all.Findings.Exists(known => known.Kind == finding.Kind)));
        all.Longest = one.Longest > all.Longest ? one.Longest : all.Longest;
    }

    /// <summary>The first line of what a process said last: the runtime's own sentence on why it ended.</summary>
    private static string KindOf(string end) => end.Split('\n', 2)[0];

    /// <returns>"" where the process ended well.</returns>
    private static string Start(ChildFolder folder, TimeSpan? time, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardError = true, WorkingDirectory = folder.Path };
        // A dump of each death would fill the disk, and huge pages are not what is tried.
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        start.Environment["ORT_DISABLE_TELEMETRY"] = "1";
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Fuzz.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> said = process.StandardError.ReadToEndAsync();
        TimeSpan most = (time ?? TimeSpan.FromMinutes(10)) + LongestStart;
        if (!process.WaitForExit(most))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return $"It did not end within {most}.";
        }

        if (process.ExitCode == 0)
            return "";
        return $"exit code {process.ExitCode}\n{said.GetAwaiter().GetResult()}";
    }

    private sealed class ChildFolder : IDisposable
    {
        public ChildFolder()
        {
            Path = Directory.CreateTempSubdirectory("fuzz-").FullName;
            Report = new ChildReport(Path);
        }

        public string Path { get; }

        public ChildReport Report { get; }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
