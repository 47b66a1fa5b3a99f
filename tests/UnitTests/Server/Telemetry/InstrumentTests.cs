using System.Diagnostics.Metrics;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server.Telemetry;

/// <summary>What is measured, what is written about it, and what dashboards and rules ask for are one thing.</summary>
public sealed class InstrumentTests
{
    [Fact]
    [Trait("Category", "Golden")]
    public void MetricsPage_IsWhatTheInstrumentsSay() => Golden.Check("docs/metrics.md", MetricsPage.Make());

    [Fact]
    public void Attributes_AreOfInstrumentsThatThereAre()
    {
        Assert.Empty(MeasuredAttributes.ByInstrument.Keys.Except(InstrumentList.All.Select(instrument => instrument.Name)));
        Assert.All(MeasuredAttributes.ByInstrument.Values.SelectMany(attributes => attributes), attribute => Assert.True(attribute.Values.Length > 0 || attribute.Meaning.Length > 0, attribute.Name));
        Assert.All(MeasuredAttributes.ByInstrument.Values, attributes => Assert.Equal(attributes.Select(attribute => attribute.Name).Distinct().Count(), attributes.Length));
    }

    /// <summary>OpenTelemetry's rules for names and units, and what a reader needs.</summary>
    [Fact]
    public void Instruments_FollowTheConventions() => Assert.All(InstrumentList.All.Where(InstrumentList.IsOwn), instrument =>
    {
        Assert.Matches("^(recsys|rpc|db|hw|process)(\\.[a-z][a-z0-9_]*)+$", instrument.Name);
        Assert.Matches("[.]$", instrument.Description);
        Assert.Matches("^(|s|By|1|Cel|W|J|\\{[a-z_]+\\})$", instrument.Unit ?? "");
        if (instrument.Name.EndsWith(".duration", StringComparison.Ordinal))
            Assert.Equal(("s", "histogram"), (instrument.Unit, InstrumentList.KindOf(instrument)));
    });

    /// <summary>What two replicas measure can only be added where the bounds are the same and fine enough for what is measured.</summary>
    [Fact]
    public void Histograms_HaveBoundsOfTheirOwn() => Assert.All(
        InstrumentList.All.Where(instrument => InstrumentList.IsOwn(instrument) && InstrumentList.KindOf(instrument) == "histogram"),
        instrument => Assert.True(Inference.Server.Telemetry.HistogramBounds.ViewOf(instrument) is not null || HasAdvice(instrument), $"{instrument.Name} has the default bounds, which are milliseconds."));

    private static bool HasAdvice(Instrument instrument) => instrument switch
    {
        Histogram<double> histogram => histogram.Advice?.HistogramBucketBoundaries is not null,
        Histogram<long> histogram => histogram.Advice?.HistogramBucketBoundaries is not null,
        Histogram<int> histogram => histogram.Advice?.HistogramBucketBoundaries is not null,
        _ => false,
    };
}
