using System.Globalization;
using Inference.Cli.Frame;
using Inference.Recommendations.Decisions;
using Inference.Training.OffPolicy;
using Spectre.Console;

namespace Inference.Cli.OffPolicy;

/// <summary>What a log says about policies, for people.</summary>
internal static class ReplayTable
{
    public static void Write(CommandHost host, ReplayReport report, string source)
    {
        LogCounts counts = report.Counts;
        ReplayOptions options = report.Options;
        host.Output.WriteLine($"log        {source}");
        host.Output.WriteLine(FormattableString.Invariant($"           {counts.Decisions:N0} decisions, {counts.WithoutChance:N0} of them without chance in such slots; {counts.Events:N0} events"));
        string[] passedOver =
        [
            .. new (long Count, string What)[]
            {
                (counts.BadLines, "bad lines"), (counts.CutShort, "last lines that were cut short"), (counts.DuplicateDecisions, "repeated decisions"), (counts.DuplicateEvents, "repeated events"),
                (counts.OrphanEvents, "events of requests that are not in the log"), (counts.LateEvents, "events outside the window"), (counts.MismatchedEvents, "events that name another item's slot"),
                (counts.OtherSlots, "events of other slots"),
            }.Where(one => one.Count > 0).Select(one => FormattableString.Invariant($"{one.Count:N0} {one.What}")),
        ];
        if (passedOver.Length > 0)
            host.Output.WriteLine($"not used   {string.Join(", ", passedOver)}");
        host.Output.WriteLine($"made by    {string.Join("; ", report.Logged)}");
        string unit = options.BySlate ? "slate" : $"{LogNames.Of(options.Type)} slot";
        host.Output.WriteLine(FormattableString.Invariant(
            $"judged     {ReplayJson.NameOf(options.Reward)}{(options.Reward == RewardKind.Value ? "" : "s")} per {unit} within {Span(options.Window)}, {report.Units:N0} {(options.BySlate ? "slates" : "slots")} of {report.Clusters:N0} {(report.Users == 0 ? "requests" : report.Users == report.Clusters ? "users" : "users and requests of nobody known")}, {report.Rewarded:N0} rewarded{(double.IsFinite(options.Clip) ? $", weights clipped at {options.Clip}" : "")}"));

        var table = new Table().Border(TableBorder.Rounded).AddColumn("policy");
        foreach (string column in new[] { "SNIPS", "doubly robust", "IPS", "DR less log", "effective size", "largest weight" })
            table.AddColumn(new TableColumn(column).RightAligned());
        string logged = Show(report.LoggedValue);
        table.AddRow("as logged", logged, logged, logged, "", report.Units.ToString("N0", CultureInfo.InvariantCulture), Number(1));
        foreach (PolicyValue value in report.Values)
        {
            string name = Markup.Escape(value.Policy.ToString());
            string size = value.EffectiveSize.ToString("N0", CultureInfo.InvariantCulture), largest = Number(value.LargestWeight);
            if (value.IsAnswered)
                table.AddRow(name, Show(value.Snips), Show(value.DoublyRobust), Show(value.Ips), Show(value.Lift), size, largest);
            else
                table.AddRow(name, "refused", "refused", "refused", "", size, largest);
        }

        host.Console.Write(table);
        host.Output.WriteLine("in brackets: 95 % intervals");
    }

    private static string Show(Estimate estimate) =>
        double.IsFinite(estimate.StandardError) ? $"{Number(estimate.Value)} ({Number(estimate.Low)} … {Number(estimate.High)})" : Number(estimate.Value);

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "N1" : "0.0000", CultureInfo.InvariantCulture);

    private static string Span(TimeSpan span) => span.TotalHours >= 1 ? FormattableString.Invariant($"{span.TotalHours:0.##} h") : FormattableString.Invariant($"{span.TotalSeconds:0.###} s");
}
