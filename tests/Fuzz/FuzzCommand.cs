using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Fuzz.Engine;

namespace Fuzz;

/// <summary>`./dev fuzz`: runs targets for a while, prints what came of each, and writes findings where the unit tests replay them for ever.</summary>
internal static class FuzzCommand
{
    private const string Usage = """
        usage: ./dev fuzz [TARGET ...] [--seconds N] [--cases N] [--seed S] [--findings DIR]

          TARGET        names of targets, or the beginnings of names; all without one
          --seconds N   time for each target; 10 by default
          --cases N     a number of cases instead of a time, the same inputs for the same seed
          --seed S      where chance begins; 1 by default
          --findings D  where inputs with which something does not hold are written; tests/Fuzz/regressions
          --list        the targets
        """;

    public static int Run(string[] args)
    {
        double seconds = 10;
        int cases = int.MaxValue, seed = 1;
        string findings = Path.Combine("tests", "Fuzz", "regressions");
        var wanted = new List<string>();
        for (int i = 0; i < args.Length; i++)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            switch (args[i])
            {
                case "--list":
                    foreach (string name in FuzzTargets.Names)
                        Console.WriteLine(name);
                    return 0;
                case "--seconds" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double given) && given > 0:
                    (seconds, i) = (given, i + 1);
                    break;
                case "--cases" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int given) && given > 0:
                    (cases, seconds, i) = (given, 0, i + 1);
                    break;
                case "--seed" when int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int given):
                    (seed, i) = (given, i + 1);
                    break;
                case "--findings" when value is not null:
                    (findings, i) = (value, i + 1);
                    break;
                case var name when !name.StartsWith('-'):
                    wanted.Add(name);
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return args[i] is "--help" or "-h" ? 0 : 2;
            }
        }

        string[] names = [.. FuzzTargets.Names.Where(name => wanted.Count == 0 || wanted.Exists(one => name.StartsWith(one, StringComparison.Ordinal)))];
        if (names.Length == 0)
        {
            Console.Error.WriteLine($"There is no target '{string.Join(' ', wanted)}'; there are {string.Join(", ", FuzzTargets.Names)}.");
            return 2;
        }

        return Run(names, cases, seconds, seed, findings);
    }

    private static int Run(string[] names, int cases, double seconds, int seed, string findings)
    {
        Console.WriteLine($"{"target",-24}{"cases",10}{"taken",10}{"refused",10}{"cases/s",10}{"longest",12}{"findings",10}   (seed {seed})");
        int total = 0, found = 0;
        foreach (string name in names)
        {
            FuzzReport report = RunOne(name, seed, cases, seconds > 0 ? TimeSpan.FromSeconds(seconds) : null);
            total += report.Cases;
            found += report.Findings.Count;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-24}{report.Cases,10}{report.Taken,10}{report.Cases - report.Taken,10}{report.Rate,10:F0}{report.Longest.TotalMilliseconds,9:F1} ms{report.Findings.Count,10}"));
            foreach (Finding finding in report.Findings)
                Tell(finding, findings);
        }

        Console.WriteLine($"{names.Length} targets, {total} cases, {found} findings");
        return found == 0 ? 0 : 1;
    }

    private static FuzzReport RunOne(string name, int seed, int cases, TimeSpan? time)
    {
        FuzzTarget target = FuzzTargets.Make(name);
        if (target.NeedsProcess)
        {
            target.Dispose();
            return new ChildRun(name, seed).Run(cases, time);
        }

        var run = new FuzzRun(target, seed);
        long begin = Stopwatch.GetTimestamp();
        FuzzReport report = run.Run(count => count >= cases || Stopwatch.GetElapsedTime(begin) >= time);
        if (!run.IsStuck)
            target.Dispose();
        return report;
    }

    private static void Tell(Finding finding, string folder)
    {
        string file = Path.Combine(folder, finding.Target, $"{Convert.ToHexStringLower(SHA256.HashData(finding.Input).AsSpan(0, 6))}.bin");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, finding.Input);
        Console.WriteLine($"  {finding.Kind}\n    {file} ({finding.Input.Length} bytes)");
        foreach (string line in finding.Details.Split('\n').Take(12))
            Console.WriteLine($"    {line.TrimEnd()}");
    }
}
