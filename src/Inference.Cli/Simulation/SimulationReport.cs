using System.Text.Json;
using Inference.Cli.Frame;
using Inference.Training.Demo;
using Inference.Training.Evaluation;
using Spectre.Console;

namespace Inference.Cli.Simulation;

/// <summary>What a simulation found.</summary>
/// <param name="Model">The version that answered.</param>
/// <param name="Users">What the ids of the simulated users begin with; policy and number of the session follow.</param>
/// <param name="Truth">The world.</param>
/// <param name="Options">How it was played.</param>
/// <param name="Tallies">Popularity first, the oracle last.</param>
/// <param name="NewItems">How many new items were in the catalogue.</param>
internal sealed record SimulationReport(string Model, string Users, DemoTruth Truth, SimulationOptions Options, IReadOnlyList<PolicyTally> Tallies, int NewItems)
{
    private const int Resamples = 1_000;

    /// <summary>The policies beside popularity: expected clicks, and how much more they are, with 95 % intervals over sessions.</summary>
    public IReadOnlyList<PairedRatio> Ratios { get; } = PairedRatio.Of([.. Tallies.Select(tally => tally.ExpectedBySession())], Resamples);

    /// <summary>Expected clicks that the oracle has more, per session and page.</summary>
    public double RegretOn(PolicyTally tally, int page) => Tallies[^1].ExpectedOn(page) - tally.ExpectedOn(page);

    /// <summary>The same, as a mean over the pages.</summary>
    public double RegretPerPage(PolicyTally tally) => (Tallies[^1].Expected - tally.Expected) / Options.Pages;

    public void Table(CommandHost host)
    {
        host.Output.WriteLine(FormattableString.Invariant($"world     {Truth.CatalogueCount:N0} items, {NewItems:N0} new ones, {Truth.UserCount:N0} unseen users"));
        host.Output.WriteLine(FormattableString.Invariant($"server    {Model}; {Options.Sessions:N0} sessions of {Options.Pages} pages of {Options.PageLength} items for every policy"));
        var table = new Table().Border(TableBorder.Rounded).Title("Clicks per session").AddColumn("policy");
        foreach (string column in (string[])["page 1", "session", "expected", "against popularity", "95 %", "regret per page", "propensity", "new items shown", "clicked"])
            table.AddColumn(new TableColumn(column).RightAligned());
        for (int i = 0; i < Tallies.Count; i++)
        {
            PolicyTally tally = Tallies[i];
            PairedRatio ratio = Ratios[i];
            table.AddRow(
                Cell($"{tally.Name}"), Cell($"{tally.ClicksOn(0):0.000}"), Cell($"{tally.Clicks:0.000}"), Cell($"{tally.Expected:0.000}"), Cell($"{100 * ratio.Lift:+0.0;−0.0;0.0} %"),
                Cell($"{100 * ratio.Low:+0.0;−0.0;0.0} to {100 * ratio.High:+0.0;−0.0;0.0}"), Cell($"{RegretPerPage(tally):0.000}"), Cell($"{(tally.Drawn == 0 ? "" : FormattableString.Invariant($"{tally.MeanPropensity:0.000}"))}"),
                Cell($"{(tally.NewItemsShown == 0 ? "" : FormattableString.Invariant($"{100.0 * tally.NewItemsShown / NewItems:0} %"))}"),
                Cell($"{(tally.NewItemImpressions == 0 ? "" : FormattableString.Invariant($"{100.0 * tally.NewItemClicks / tally.NewItemImpressions:0.0} %"))}"));
        }

        host.Console.Write(table);
        foreach (PolicyTally tally in Tallies.Where(tally => tally.Degraded + tally.Empty > 0))
            host.Output.WriteLine(FormattableString.Invariant($"{tally.Name}: {tally.Degraded:N0} degraded answers, {tally.Empty:N0} empty ones"));
    }

    public void Json(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("model_version", Model);
        json.WriteString("users", Users);
        json.WriteNumber("sessions", Options.Sessions);
        json.WriteNumber("pages", Options.Pages);
        json.WriteNumber("page_length", Options.PageLength);
        json.WriteNumber("appetite", Options.Appetite);
        json.WriteNumber("position_bias", Options.PositionBias);
        json.WriteNumber("new_items", NewItems);
        json.WriteNumber("seed", Options.Seed);
        json.WriteStartObject("policies");
        for (int i = 0; i < Tallies.Count; i++)
        {
            json.WriteStartObject(Tallies[i].Name);
            Json(json, Tallies[i], Ratios[i]);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void Json(Utf8JsonWriter json, PolicyTally tally, PairedRatio ratio)
    {
        int[] pages = [.. Enumerable.Range(0, Options.Pages)];
        json.WriteNumber("clicks_page1", tally.ClicksOn(0));
        json.WriteNumber("clicks_session", tally.Clicks);
        json.WriteNumber("expected_clicks_session", tally.Expected);
        Number(json, "lift_vs_popularity", ratio.Lift);
        Numbers(json, "lift_vs_popularity_ci95", [ratio.Low, ratio.High]);
        json.WriteNumber("regret_per_page", RegretPerPage(tally));
        Numbers(json, "clicks_by_page", [.. pages.Select(tally.ClicksOn)]);
        Numbers(json, "expected_clicks_by_page", [.. pages.Select(tally.ExpectedOn)]);
        Numbers(json, "regret_by_page", [.. pages.Select(page => RegretOn(tally, page))]);
        json.WriteStartObject("slots");
        foreach ((string type, int count) in tally.Slots)
            json.WriteNumber(type, count);
        json.WriteEndObject();
        Number(json, "propensity_mean", tally.MeanPropensity);
        Number(json, "propensity_min", tally.LeastPropensity);
        json.WriteNumber("new_items_shown", tally.NewItemsShown);
        json.WriteNumber("new_item_impressions", tally.NewItemImpressions);
        json.WriteNumber("new_item_clicks", tally.NewItemClicks);
        json.WriteNumber("degraded", tally.Degraded);
        json.WriteNumber("empty", tally.Empty);
    }

    private static void Numbers(Utf8JsonWriter json, string name, double[] values)
    {
        json.WriteStartArray(name);
        foreach (double value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    private static Text Cell(FormattableString text) => new(FormattableString.Invariant(text));
}
