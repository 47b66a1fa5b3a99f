using System.Diagnostics;
using System.Globalization;
using Inference.Storage.Decisions;
using Inference.Training.OffPolicy;

namespace Benchmarks.OffPolicy;

/// <summary>How often intervals of a replay cover a truth that is known, and how fast a log is read.</summary>
internal static class ReplayBench
{
    private const ulong World = 11;

    private static readonly (string Logged, string Target)[] Pairs =
    [
        ("softmax:temperature=1", "softmax:temperature=0.5"),
        ("softmax:temperature=1", "epsilon_greedy:epsilon=0.5"),
        ("epsilon_greedy:epsilon=0.5", "off"),
        ("epsilon_greedy:epsilon=1", "thompson:prior_impressions=20"),
        // From a greedy log to an even one: near the floors, and partly below them.
        ("softmax:temperature=0.7", "epsilon_greedy:epsilon=1"),
        ("softmax:temperature=0.5", "epsilon_greedy:epsilon=1"),
    ];

    public static int Run(string[] arguments)
    {
        int replays = Number(arguments, "--replays", 500), decisions = Number(arguments, "--decisions", 2_000), lines = Number(arguments, "--lines", 100_000);
        var world = new ReplaySimulation(200, 10, World);
        Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}; {replays} replays of {decisions} decisions with pools of 10, world {World}");
        Console.WriteLine("| log | target | truth | IPS covers | SNIPS covers | DR covers | IPS bias | SNIPS bias | DR bias | IPS error | SNIPS error | DR error | effective size | answered |");
        Console.WriteLine("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach ((string logged, string target) in Pairs)
            Console.WriteLine(Coverage(world, Policy(logged), Policy(target), replays, decisions));
        Reading(lines);
        return 0;
    }

    private static string Coverage(ReplaySimulation world, TargetPolicy logged, TargetPolicy target, int replays, int decisions)
    {
        double truth = world.Truth(target), effective = 0;
        int answered = 0;
        var covered = new int[3];
        var bias = new double[3];
        var squares = new double[3];
        for (int replay = 0; replay < replays; replay++)
        {
            var log = new ReplayLog([target], new ReplayOptions());
            using var lines = new DecisionLines(withUsers: true);
            world.Log(logged, decisions, (ulong)replay, decision => Take(decision, lines.Append), click => Take(click, lines.Append));
            log.Close();
            PolicyValue value = OffPolicyEstimator.Run(log).Values[0];
            if (!value.IsAnswered)
                continue;
            answered++;
            effective += value.EffectiveSize;
            Estimate[] estimates = [value.Ips, value.Snips, value.DoublyRobust];
            for (int i = 0; i < estimates.Length; i++)
            {
                covered[i] += estimates[i].Low <= truth && truth <= estimates[i].High ? 1 : 0;
                bias[i] += estimates[i].Value - truth;
                squares[i] += (estimates[i].Value - truth) * (estimates[i].Value - truth);
            }

            void Take<T>(T item, Action<T> append)
            {
                lines.Clear();
                append(item);
                log.Add(lines.Bytes.Span[..^1]);
            }
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {logged} | {target} | {truth:0.00000} | {Share(0)} | {Share(1)} | {Share(2)} | {bias[0] / answered:0.00000} | {bias[1] / answered:0.00000} | {bias[2] / answered:0.00000} | {Error(0)} | {Error(1)} | {Error(2)} | {effective / answered:0} | {(double)answered / replays:P0} |");

        string Error(int estimate) => Math.Sqrt(squares[estimate] / answered).ToString("0.00000", CultureInfo.InvariantCulture);


        string Share(int estimate) => ((double)covered[estimate] / answered).ToString("P1", CultureInfo.InvariantCulture);
    }

    private static void Reading(int decisions)
    {
        string folder = Directory.CreateTempSubdirectory("replay-bench-").FullName;
        try
        {
            foreach (int pool in new[] { 10, 50 })
            {
                string path = Path.Combine(folder, "decisions-1.jsonl");
                var writing = Stopwatch.StartNew();
                using (FileStream file = File.Create(path))
                using (var lines = new DecisionLines(withUsers: true))
                {
                    new ReplaySimulation(200, pool, World).Log(Policy("softmax:temperature=1"), decisions, 1, Take<Inference.Recommendations.Decisions.Decision>(lines.Append), Take<Inference.Recommendations.Users.UserEvent>(lines.Append));

                    Action<T> Take<T>(Action<T> append) => item =>
                    {
                        append(item);
                        if (lines.Bytes.Length < 256 << 10)
                            return;
                        file.Write(lines.Bytes.Span);
                        lines.Clear();
                    };
                    file.Write(lines.Bytes.Span);
                }

                double wrote = writing.Elapsed.TotalSeconds;
                foreach (string[] targets in new string[][] { [], ["softmax:temperature=0.5", "off"], ["thompson"] })
                {
                    var log = new ReplayLog(targets.Select(Policy), new ReplayOptions());
                    var reading = Stopwatch.StartNew();
                    TimeSpan processor = Environment.CpuUsage.TotalTime;
                    LogFolder.Read(folder, log, null, CancellationToken.None);
                    log.Close();
                    double read = reading.Elapsed.TotalSeconds, busy = (Environment.CpuUsage.TotalTime - processor).TotalSeconds;
                    OffPolicyEstimator.Run(log);
                    double all = reading.Elapsed.TotalSeconds;
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"pools of {pool}, targets [{string.Join(", ", targets)}]: read {decisions / read:N0} decisions/s ({new FileInfo(path).Length / read / 1e6:N0} MB/s; {decisions / busy:N0} per second of processor time), estimates {(all - read) * 1e3:N0} ms; made and written at {decisions / wrote:N0} decisions/s; {(double)new FileInfo(path).Length / decisions:N0} bytes a decision"));
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TargetPolicy Policy(string text) => TargetPolicy.TryParse(text, out TargetPolicy? policy, out string? problem) ? policy : throw new ArgumentException(problem);

    private static int Number(string[] arguments, string name, int byDefault) =>
        Array.IndexOf(arguments, name) is >= 0 and int at && at + 1 < arguments.Length ? int.Parse(arguments[at + 1], CultureInfo.InvariantCulture) : byDefault;
}
