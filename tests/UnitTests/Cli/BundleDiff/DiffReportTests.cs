using System.Text;
using System.Text.Json;
using Inference.Cli.BundleDiff;
using Inference.Cli.Frame;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Cli.BundleDiff;

/// <summary>What people and scripts are told of a comparison.</summary>
public sealed class DiffReportTests
{
    [Fact]
    [Trait("Category", "Golden")]
    public void Table_OfTeacherAndStudent_IsAsItWasRead() => Golden.Check("tests/UnitTests/Cli/BundleDiff/teacher-and-student.txt", Table(Report, new DiffGates(0.8, 0.9, 1, 0.5)));

    [Fact]
    [Trait("Category", "Golden")]
    public void Table_OfTwoVersionsWithOtherItems_IsAsItWasRead() => Golden.Check("tests/UnitTests/Cli/BundleDiff/other-items.txt", Table(
        Report with
        {
            B = Report.B with { Folder = "/models/teacher/2", Model = Model("teacher", "5e0c9d21a7b34f68", 128, version: "2"), Items = 19_950 },
            Relation = SpaceRelation.Same,
            ItemsInBoth = 19_900,
            ItemVectors = new VectorReport(1_000, 0.99987, 0.9871),
            UserVectors = new VectorReport(1_000, 1, 0.9999),
            Warnings = ["'session of 5' has 12 requests only; means of so few vary a lot."],
        },
        new DiffGates()));

    [Fact]
    public void Json_LeavesOutWhatIsNoNumber()
    {
        ScenarioReport nothing = Scenario("nothing known", 1, 1, double.NaN);
        DiffReport report = Report with { Scenarios = [nothing], Towers = null, A = Report.A with { Answer = default }, B = Report.B with { Answer = default } };

        using JsonDocument json = JsonDocument.Parse(Json(report, new DiffGates(MinOverlap10: 0.5)));

        Assert.False(json.RootElement.TryGetProperty("latency_ratio", out _));
        Assert.False(json.RootElement.TryGetProperty("towers", out _));
        Assert.False(json.RootElement.GetProperty("scenarios")[0].TryGetProperty("rank_correlation", out _));
        Assert.False(json.RootElement.GetProperty("admitted").GetBoolean());
    }

    [Fact]
    public void Gates_AreMetAtTheirBounds()
    {
        DiffReport report = Report;
        double ratio = report.LatencyRatio;
        Assert.All(new DiffGates(report.Towers!.OverlapAt10, report.Towers.RankBiasedOverlap, ratio, report.MemoryRatio).Check(report), gate => Assert.True(gate.IsMet));
        Assert.All(
            new DiffGates(report.Towers.OverlapAt10 + 1e-9, report.Towers.RankBiasedOverlap + 1e-9, ratio - 1e-9, report.MemoryRatio - 1e-9).Check(report), gate => Assert.False(gate.IsMet));
        Assert.Empty(new DiffGates().Check(report));
        // What was not measured admits nobody.
        Assert.All(new DiffGates(0, 0, 1_000).Check(report with { Towers = null, A = report.A with { Answer = default }, B = report.B with { Answer = default } }), gate => Assert.False(gate.IsMet));
    }

    [Theory]
    [InlineData("s", "", "s", "", nameof(SpaceRelation.Same))]
    [InlineData("s", "", "t", "s", nameof(SpaceRelation.ChildOfA))]
    [InlineData("t", "s", "s", "", nameof(SpaceRelation.ParentOfA))]
    [InlineData("t", "s", "u", "s", nameof(SpaceRelation.Siblings))]
    [InlineData("s", "", "t", "", nameof(SpaceRelation.Unrelated))]
    [InlineData("s", "x", "t", "y", nameof(SpaceRelation.Unrelated))]
    public void Relation_FollowsFromTheSpacesAndTheirParents(string a, string parentOfA, string b, string parentOfB, string relation) =>
        Assert.Equal(relation, DiffRun.RelationOf(Model("a", a, 8, parentOfA), Model("b", b, 8, parentOfB)).ToString());

    private static DiffReport Report { get; } = new()
    {
        A = new SideReport
        {
            Folder = "/models/teacher/1", Model = Model("teacher", "5e0c9d21a7b34f68", 128), Items = 20_000, ModelBytes = 24_600_000, IndexBytes = 12_900_000, IndexKind = "exact",
            LoadTime = TimeSpan.FromSeconds(2.345), Tower = new(4_000, 61.25, 118.5), Search = new(4_000, 88, 140.5), Answer = new(4_000, 160.75, 1_290.5),
        },
        B = new SideReport
        {
            Folder = "/models/student/1", Model = Model("student", "c41f0a77be12d903", 32, "5e0c9d21a7b34f68"), Items = 20_000, ModelBytes = 1_900_000, IndexBytes = 3_300_000, IndexKind = "exact",
            LoadTime = TimeSpan.FromSeconds(0.5), Tower = new(4_000, 14.5, 33.25), Search = new(4_000, 31, 60), Answer = new(4_000, 58.25, 121),
        },
        Relation = SpaceRelation.ChildOfA,
        UserVectors = null,
        ItemVectors = null,
        ItemsInBoth = 20_000,
        Cutoffs = [1, 5, 10, 50],
        Scenarios = [Scenario("known users", 1_000, 0.9125, 0.8441), Scenario("session of 1", 1_000, 0.871, 0.79), Scenario("context only", 1_000, 1, 1), Scenario("nothing known", 1, 1, double.NaN)],
        Towers = Scenario("all of the towers", 2_000, 0.89175, 0.81705),
        Warnings = [],
    };

    private static ScenarioReport Scenario(string name, long requests, double overlap, double correlation) => new(
        name, requests, [overlap - 0.05, overlap - 0.02, overlap, overlap], overlap, correlation, overlap - 0.01, 1, 0.412, 0.398, overlap - 0.1, 0.0124, double.NaN);

    private static ModelIdentity Model(string name, string space, int dimension, string parent = "", string version = "1") => new(name, version, space, dimension, Metric.InnerProduct) { ParentSpaceId = parent };

    private static string Table(DiffReport report, DiffGates gates)
    {
        using var output = new StringWriter { NewLine = "\n" };
        DiffTable.Write(new CommandHost(output, TextWriter.Null, isTerminal: false, TimeProvider.System), report, gates.Check(report));
        return output.ToString().ReplaceLineEndings("\n");
    }

    private static string Json(DiffReport report, DiffGates gates)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            DiffJson.Write(writer, report, gates.Check(report));
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
