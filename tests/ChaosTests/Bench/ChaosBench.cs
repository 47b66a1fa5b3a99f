using System.Globalization;
using System.Text;
using ChaosTests.Load;
using ChaosTests.Scenarios;
using ChaosTests.Server;

namespace ChaosTests.Bench;

/// <summary>`chaos`: the cases of the tests with long phases, as a table: how answers fare before, while and after Redis is broken.</summary>
internal static class ChaosBench
{
    public const string Usage = "chaos [--case NAME,NAME] [--seconds S] [--rate R]";

    /// <summary>A case that breaks nothing: what its phases differ by is the machine's own noise.</summary>
    private static readonly ChaosCase s_control = new() { Name = "nothing", What = "nothing is broken: the noise of the machine", Break = static _ => Task.CompletedTask };

    private static readonly ChaosCase[] s_cases = [s_control, .. ChaosCases.All];

    public static async Task<int> RunAsync(string[] args)
    {
        ChaosPace pace = ChaosPace.Bench;
        IReadOnlyList<ChaosCase> cases = s_cases;
        for (int i = 0; i < args.Length; i += 2)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            if (args[i] == "--case" && value.Split(',') is var names && names.All(static name => s_cases.Any(one => one.Name == name)))
            {
                cases = [.. s_cases.Where(one => names.Contains(one.Name))];
            }
            else if (args[i] == "--seconds" && double.TryParse(value, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and <= 600)
            {
                pace = pace with { Before = TimeSpan.FromSeconds(seconds), During = TimeSpan.FromSeconds(seconds), After = TimeSpan.FromSeconds(seconds) };
            }
            else if (args[i] == "--rate" && double.TryParse(value, CultureInfo.InvariantCulture, out double rate) && rate is >= 1 and <= 10_000)
            {
                pace = pace with { Rate = rate };
            }
            else
            {
                Console.Error.WriteLine($"usage: {Usage}\ncases: {string.Join(", ", s_cases.Select(static one => one.Name))}");
                return 2;
            }
        }

        var results = new List<ChaosResult>();
        int broken = 0;
        using ChaosWorld world = await ChaosWorld.WriteAsync();
        foreach (ChaosCase chaos in cases)
        {
            try
            {
                ChaosResult result = await ChaosRun.RunAsync(chaos, world, pace);
                Console.WriteLine(result);
                results.Add(result);
                if (!IsSound(result))
                    broken++;
            }
            catch (Exception e)
            {
                // One case that cannot be run says nothing about the others.
                Console.Error.WriteLine($"{chaos.Name}: {e}");
                broken++;
            }
        }

        // Some of the cases are somebody's question, not the table.
        if (cases.Count == s_cases.Length)
            await ResultFile.WriteAsync("chaos", Json(results, pace), Markdown(results, pace));
        return broken == 0 ? 0 : 1;
    }

    private static bool IsSound(ChaosResult result) =>
        Failed(result) == 0 && Empty(result) == 0 && result.Lost.Count == 0 && result.WrongHistories.Count == 0 && result.NotUsed.Count == 0
        && (result.Case.Labelling != Labelling.All || result.During.LabelledStrangers == result.During.Strangers);

    private static long Failed(ChaosResult result) => result.Phases.Sum(static phase => phase.Failed);

    private static long Empty(ChaosResult result) => result.Phases.Sum(static phase => phase.Empty);

    private static double Milliseconds(TrafficPhase phase, double share) => Math.Round(phase.Recommend.Quantile(share) / 1e6, 2);

    private static double Added(ChaosResult result) => Math.Round(Milliseconds(result.During, 0.99) - Milliseconds(result.Before, 0.99), 2);

    private static Dictionary<string, object> Json(List<ChaosResult> results, ChaosPace pace) => new()
    {
        ["rate"] = pace.Rate,
        ["deadline_ms"] = pace.Deadline.TotalMilliseconds,
        ["budget_ms"] = pace.UserStateBudget.TotalMilliseconds,
        ["seconds"] = pace.During.TotalSeconds,
        ["cases"] = results.ConvertAll(result => new Dictionary<string, object>
        {
            ["case"] = result.Case.Name,
            ["what"] = result.Case.What,
            ["phases"] = new Dictionary<string, object> { ["before"] = Json(result.Before), ["during"] = Json(result.During), ["recovering"] = Json(result.Recovering), ["after"] = Json(result.After) },
            ["added_p99_ms"] = Added(result),
            ["reads_recovered_ms"] = Math.Round(result.ReadsRecovered.TotalMilliseconds),
            ["events_recovered_ms"] = Math.Round(result.EventsRecovered.TotalMilliseconds),
            ["events"] = result.Events,
            ["events_while_broken"] = result.EventsDuring,
            ["events_lost"] = result.Lost.Count,
            ["wrong_histories"] = result.WrongHistories.Count,
            ["failed"] = Failed(result),
            ["empty"] = Empty(result),
            ["not_used_again"] = result.NotUsed,
        }),
    };

    private static Dictionary<string, object> Json(TrafficPhase phase) => new()
    {
        ["calls"] = phase.Due,
        ["failures"] = phase.Failures,
        ["empty"] = phase.Empty,
        ["recommend_p50_ms"] = Milliseconds(phase, 0.5),
        ["recommend_p99_ms"] = Milliseconds(phase, 0.99),
        ["recommend_max_ms"] = Math.Round(phase.Recommend.Max / 1e6, 2),
        ["sent_late_p99_ms"] = Math.Round(phase.SendLag.Quantile(0.99) / 1e6, 2),
        ["record_p50_ms"] = Math.Round(phase.Record.Quantile(0.5) / 1e6, 2),
        ["record_p99_ms"] = Math.Round(phase.Record.Quantile(0.99) / 1e6, 2),
        ["strangers"] = phase.Strangers,
        ["strangers_labelled"] = phase.LabelledStrangers,
        ["labels"] = phase.Labels,
        ["served_by"] = phase.Rungs.ToDictionary(static pair => pair.Key.ToString(), static pair => pair.Value),
    };

    private static string Markdown(List<ChaosResult> results, ChaosPace pace)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # What a broken Redis does to the answers
            One server and its load generator in one process ({Benchmarks.Machine.Processor()}), {pace.Rate:0} calls/s at equal distances, of which a quarter records events and a quarter asks for users never
            seen; {pace.Before.TotalSeconds:0} s undisturbed, {pace.During.TotalSeconds:0} s broken. Milliseconds of Recommend from the moment it was due, p50 / p99. A reply waits at most {pace.UserStateBudget.TotalMilliseconds:0} ms for Redis. The first
            case breaks nothing: it shows the noise, and so does how late the generator itself was (p99), for it shares the cores and asks nobody. `./dev bench chaos` repeats it.

            | case | before | broken | after | p99 added | sent late, before / broken | strangers labelled | failed | empty | events while broken | lost | reads back after | events back after |
            | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |

            """);
        foreach (ChaosResult result in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {result.Case.Name}: {result.Case.What} | {Pair(result.Before)} | {Pair(result.During)} | {Pair(result.After)} | {Added(result):0.0} | {Late(result.Before):0.0} / {Late(result.During):0.0} ");
            text.Append(CultureInfo.InvariantCulture, $"| {Share(result.During)} | {Failed(result)} | {Empty(result)} | {result.EventsDuring} | {result.Lost.Count} ");
            text.Append(CultureInfo.InvariantCulture, $"| {result.ReadsRecovered.TotalMilliseconds:0} ms | {result.EventsRecovered.TotalMilliseconds:0} ms |\n");
        }

        return text.ToString();

        static string Pair(TrafficPhase phase) => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds(phase, 0.5):0.0} / {Milliseconds(phase, 0.99):0.0}");

        static double Late(TrafficPhase phase) => phase.SendLag.Quantile(0.99) / 1e6;

        static string Share(TrafficPhase phase) => string.Create(CultureInfo.InvariantCulture, $"{phase.LabelledStrangers} of {phase.Strangers}");
    }
}
