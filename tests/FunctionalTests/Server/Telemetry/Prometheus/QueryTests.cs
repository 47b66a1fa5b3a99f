using System.Text.Json;
using System.Text.RegularExpressions;
using UnitTests.Testing;
using Xunit;

namespace FunctionalTests.Server.Telemetry.Prometheus;

/// <summary>What dashboards and rules ask for is what docs/metrics.md lists: metrics, labels, and values of labels.</summary>
public sealed class QueryTests
{
    private static readonly string[] OfEveryTarget = ["job", "instance"];

    private readonly MetricsDoc _doc = new();
    private readonly HashSet<string> _recorded = [.. ShippedQueries.Rules.Where(rule => !rule.IsAlert).Select(rule => rule.Name)];

    public static TheoryData<string, string> Expressions
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach ((string place, string expression) in ShippedQueries.Panels.Concat(ShippedQueries.Rules.Select(rule => (rule.Name, rule.Expression))).Distinct())
                data.Add(place, expression);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Expressions))]
    public void Expression_AsksForWhatIsMeasured(string place, string expression)
    {
        var query = new PromExpression(expression);
        var labels = new HashSet<string>(OfEveryTarget);

        Assert.True(query.Selectors.Count > 0, $"{place} asks for nothing.");
        foreach (PromExpression.Selector selector in query.Selectors)
        {
            if (selector.Name == "up" || _recorded.Contains(selector.Name))
                continue;
            string? metric = _doc.MetricOf(selector.Name);
            Assert.True(metric is not null, $"{place}: nothing emits {selector.Name}.");
            labels.UnionWith(query.Grouping.Where(label => _doc.HasLabel(metric, label)));
            foreach (PromExpression.Matcher matcher in selector.Matchers.Where(matcher => !OfEveryTarget.Contains(matcher.Label) && matcher.Label != "le"))
            {
                Assert.True(_doc.HasLabel(metric, matcher.Label), $"{place}: {selector.Name} has no label {matcher.Label}.");
                if (_doc.ValuesOf(metric, matcher.Label) is { } values && matcher.Value.Length > 0)
                    Assert.All(matcher.Value.Split('|'), value => Assert.True(values.Contains(value), $"{place}: {matcher.Label} of {selector.Name} is never {value}."));
            }
        }

        Assert.All(query.Grouping, label => Assert.True(labels.Contains(label), $"{place}: nothing that it asks for has the label {label}."));
    }

    [Fact]
    public void Dashboards_CanBeImported_AndCoverEveryMetricOfTheServer()
    {
        string[] files = Directory.GetFiles(Repository.PathOf("deploy/grafana/dashboards"), "*.json");
        var ids = new HashSet<string>();
        foreach (string file in files)
        {
            JsonElement dashboard = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
            Assert.Equal("DS_PROMETHEUS", dashboard.GetProperty("__inputs")[0].GetProperty("name").GetString());
            Assert.True(ids.Add(dashboard.GetProperty("uid").GetString()!));
            Assert.Equal(["DS_PROMETHEUS", "instance", "version"], dashboard.GetProperty("templating").GetProperty("list").EnumerateArray().Select(variable => variable.GetProperty("name").GetString()));
            JsonElement[] panels = [.. dashboard.GetProperty("panels").EnumerateArray()];
            Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
            Assert.All(panels.Where(panel => panel.GetProperty("type").GetString() == "timeseries"), panel => Assert.NotEqual("", panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString()));
        }

        HashSet<string> asked = [.. ShippedQueries.Panels.SelectMany(panel => new PromExpression(panel.Expression).Selectors).Select(selector => _doc.MetricOf(selector.Name)).OfType<string>()];
        Assert.Empty(_doc.Metrics.Where(metric => metric.StartsWith("recsys_", StringComparison.Ordinal)).Except(asked));
    }

    /// <summary>An alert that has never fired may never fire.</summary>
    [Fact]
    public void Alerts_AreEachTestedToFireAndNotTo()
    {
        string tests = string.Concat(Directory.GetFiles(Repository.PathOf("deploy/prometheus/tests"), "*.yml").Select(File.ReadAllText));
        string[] alerts = [.. ShippedQueries.Rules.Where(rule => rule.IsAlert).Select(rule => rule.Name)];

        Assert.True(alerts.Length >= 16, string.Join(", ", alerts));
        Assert.Equal(Regex.Count(Repository.Read("deploy/prometheus/rules.yml"), "- (alert|record):"), ShippedQueries.Rules.Count);
        Assert.All(alerts, alert => Assert.Matches($@"alertname: {alert}\n +exp_alerts:\n", tests));
        Assert.All(alerts, alert => Assert.Matches($@"alertname: {alert}\n +exp_alerts: \[\]", tests));
    }
}
