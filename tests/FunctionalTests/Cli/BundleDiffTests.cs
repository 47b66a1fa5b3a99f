using System.Text.Json;
using Inference.Towers.Bundles;
using UnitTests.Cli;
using Xunit;

namespace FunctionalTests.Cli;

/// <summary>`bundle diff` over real towers whose differences follow from how they are made.</summary>
public sealed class BundleDiffTests : IDisposable
{
    private static readonly TeacherAndStudent World = new();

    private readonly string _folder = Directory.CreateTempSubdirectory("inference-diff-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Diff_OfTheSameTowers_FindsNoDifference()
    {
        BundleContent content = World.Content("shop");
        JsonElement diff = await DiffAsync(await WriteAsync(content), await WriteAsync(content with { Version = "2" }));

        Assert.Equal("same", diff.GetProperty("spaces").GetString());
        Assert.Equal(1, diff.GetProperty("user_cosine").GetProperty("least").GetDouble(), 4);
        Assert.Equal(1, diff.GetProperty("item_cosine").GetProperty("least").GetDouble(), 4);
        Assert.Equal(["known users", "session of 1", "session of 3", "session of 5", "nothing known"], Scenarios(diff).Select(one => one.GetProperty("name").GetString()));
        Assert.All(Scenarios(diff), one =>
        {
            Assert.Equal((1.0, 1.0, 1.0, 1.0), (OverlapAt(one, 1), OverlapAt(one, 10), OverlapAt(one, 50), Number(one, "rank_biased_overlap")));
            Assert.Equal((1.0, 1.0), (Number(one, "rank_correlation"), Number(one, "same_rung")));
            Assert.Equal(Number(one, "coverage_a"), Number(one, "coverage_b"));
        });
        Assert.Equal(TeacherAndStudent.Users, Scenarios(diff)[0].GetProperty("requests").GetInt32());
        Assert.Equal(1, diff.GetProperty("memory_ratio").GetDouble());
    }

    [Fact]
    public async Task Diff_OfATeacherAndItsStudent_SaysHowMuchOfItsAnswersItGives()
    {
        (string teacher, string student) = await PairAsync(width: 6);

        CliRun run = await CliRun.Of("bundle", "diff", teacher, student, "--json", "-", "--min-overlap10", "0.6", "--max-memory-ratio", "0.7");

        Assert.Equal((0, ""), (run.Code, run.Error));
        JsonElement diff = Parse(run.Output);
        Assert.Equal("b_child_of_a", diff.GetProperty("spaces").GetString());
        Assert.False(diff.TryGetProperty("user_cosine", out _));
        Assert.Equal((32, 6), (diff.GetProperty("a").GetProperty("dimension").GetInt32(), diff.GetProperty("b").GetProperty("dimension").GetInt32()));
        double expected = World.ExpectedOverlap(6);
        Assert.InRange(expected, 0.6, 0.95);
        // A near tie may fall the other way in float32.
        Assert.Equal(expected, OverlapAt(Scenarios(diff)[0], 10), 0.005);
        Assert.True(diff.GetProperty("admitted").GetBoolean());
        Assert.All(diff.GetProperty("gates").EnumerateArray(), gate => Assert.True(gate.GetProperty("met").GetBoolean()));
        // The pipeline's own instruments told the times of every measured answer: those that reach the tower, once each.
        long asked = Scenarios(diff).Take(4).Sum(one => one.GetProperty("requests").GetInt64());
        foreach (JsonElement side in (JsonElement[])[diff.GetProperty("a"), diff.GetProperty("b")])
        {
            Assert.All((string[])["tower", "search", "answer"], part => Assert.Equal(asked, side.GetProperty(part).GetProperty("count").GetInt64()));
            Assert.True(side.GetProperty("answer").GetProperty("p50_us").GetDouble() >= side.GetProperty("tower").GetProperty("p50_us").GetDouble());
        }
    }

    [Fact]
    public async Task Diff_OfAStudentThatAnswersOtherwise_IsNotAdmitted()
    {
        (string teacher, string student) = await PairAsync(width: 6, sign: -1);

        CliRun run = await CliRun.Of("bundle", "diff", teacher, student, "--min-overlap10", "0.6", "--min-rbo", "0.6");

        Assert.Equal(1, run.Code);
        Assert.Contains("B is a child of A", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"error: B is not admitted: overlap@10 0\.\d+ ≥ 0\.6: NOT met", run.Error);
        Assert.Contains("RBO", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_OfCataloguesThatDiffer_ComparesWhatBothHaveAndTellsTheRest()
    {
        BundleContent content = World.Content("shop");
        const int kept = 240;
        BundleContent smaller = content with
        {
            Version = "2",
            Items = [.. content.Items.Take(kept), .. Enumerable.Range(kept, TeacherAndStudent.Items - kept).Select(row => new BundleItem { Id = $"new-{row}" })],
        };

        JsonElement diff = await DiffAsync(await WriteAsync(content), await WriteAsync(smaller));

        JsonElement items = diff.GetProperty("items");
        Assert.Equal((240, 60, 60), (items.GetProperty("both").GetInt32(), items.GetProperty("only_a").GetInt32(), items.GetProperty("only_b").GetInt32()));
        JsonElement session = Scenarios(diff).Single(one => one.GetProperty("name").GetString() == "session of 1");
        // A history of items that both know is the same to both, and then so is the order of what both have. What is shown is not: a fifth of the places is another's.
        Assert.InRange(Number(session, "places_only_a"), 0.05, 0.4);
        Assert.InRange(Number(session, "places_only_b"), 0.05, 0.4);
        Assert.True(Number(session, "served_overlap10") < OverlapAt(session, 10));
        string users = Path.Combine(_folder, "users.jsonl");
        await File.WriteAllLinesAsync(users, Enumerable.Range(0, 50).Select(i => $$"""{"id":"u{{i}}","history":["item-{{i}}","item-{{i + 100}}"]}"""));
        diff = await DiffAsync(await WriteAsync(content with { Version = "3" }), await WriteAsync(smaller with { Version = "4" }), "--users", users);
        Assert.Equal(50, Scenarios(diff)[0].GetProperty("requests").GetInt32());
        Assert.All(Scenarios(diff).Take(2), one => Assert.Equal((1.0, 1.0), (OverlapAt(one, 10), OverlapAt(one, 50))));
    }

    [Fact]
    public async Task Diff_OfCataloguesWithoutACommonItem_SaysSo()
    {
        BundleContent content = World.Content("shop");
        BundleContent other = content with { Version = "2", Items = [.. content.Items.Select(item => item with { Id = "other-" + item.Id })] };

        CliRun run = await CliRun.Of("bundle", "diff", await WriteAsync(content), await WriteAsync(other));

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Equal("error: The bundles have no item in common, so there is nothing to compare: A has items like 'item-0', B like 'other-item-0'.", run.Error.Trim());
    }

    [Fact]
    public async Task Diff_OfBundlesThatAreRefused_SaysEverythingThatIsWrongWithBoth()
    {
        string a = await WriteAsync(World.Content("shop")), b = await WriteAsync(World.Content("shop") with { Version = "2" });
        File.AppendAllText(Path.Combine(a, "items.jsonl"), "{}\n");
        File.Delete(Path.Combine(b, "items.jsonl"));
        File.Delete(Path.Combine(b, "users.jsonl.gz"));
        string json = Path.Combine(_folder, "diff.json");

        CliRun run = await CliRun.Of("bundle", "diff", a, b, "--json", json);

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Equal(2, run.Error.Split("is refused").Length - 1);
        JsonElement[] refused = [.. Parse(await File.ReadAllTextAsync(json)).GetProperty("refused").EnumerateArray()];
        Assert.Equal([a, b], refused.Select(one => one.GetProperty("bundle").GetString()));
        Assert.True(refused[1].GetProperty("reasons").GetArrayLength() >= 2);
    }

    [Fact]
    public async Task Diff_OfFoldersThatAreNotThere_SaysWhich()
    {
        CliRun run = await CliRun.Of("bundle", "diff", Path.Combine(_folder, "x"), Path.Combine(_folder, "y"), "--users", Path.Combine(_folder, "z"));

        Assert.Equal(1, run.Code);
        Assert.All((string[])["A: there is no folder", "B: there is no folder", "--users: there is no file"], part => Assert.Contains(part, run.Error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("not json", "users.jsonl:1")]
    [InlineData("""{"id":""}""", "'id' has 0 characters")]
    public async Task Diff_WithUsersThatCannotBeRead_SaysWhy(string line, string reason)
    {
        string bundle = await WriteAsync(World.Content("shop")), users = Path.Combine(_folder, "users.jsonl");
        await File.WriteAllTextAsync(users, line + "\n");

        CliRun run = await CliRun.Of("bundle", "diff", bundle, bundle, "--users", users);

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.StartsWith("error: --users: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_WithoutUsers_HasNothingForGates()
    {
        string bundle = await WriteAsync(World.Content("shop") with { Users = [] });

        Assert.Contains("nothing reached the towers", (await CliRun.Of("bundle", "diff", bundle, bundle)).Output, StringComparison.Ordinal);
        CliRun gated = await CliRun.Of("bundle", "diff", bundle, bundle, "--min-overlap10", "0.5");
        Assert.Equal(1, gated.Code);
        Assert.Contains("No request reaches the towers", gated.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--k", "0,10")]
    [InlineData("--k", "ten")]
    [InlineData("--min-overlap10", "1.5")]
    [InlineData("--requests", "0")]
    public async Task Diff_WithAnOptionOutOfRange_IsAUsageError(string option, string value) =>
        Assert.Equal(2, (await CliRun.Of("bundle", "diff", _folder, _folder, option, value)).Code);

    private async Task<(string Teacher, string Student)> PairAsync(int width, float sign = 1)
    {
        BundleContent teacher = World.Content("teacher"), student = World.Content("student", width, sign) with { ParentSpaceId = TeacherAndStudent.SpaceOf(teacher) };
        return (await WriteAsync(teacher), await WriteAsync(student));
    }

    private async Task<string> WriteAsync(BundleContent content)
    {
        string folder = Path.Combine(_folder, content.Name, content.Version);
        await BundleWriter.WriteAsync(folder, content);
        return folder;
    }

    private static async Task<JsonElement> DiffAsync(string a, string b, params string[] options)
    {
        CliRun run = await CliRun.Of(["bundle", "diff", a, b, "--json", "-", .. options]);
        Assert.Equal((0, ""), (run.Code, run.Error));
        return Parse(run.Output);
    }

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement.Clone();

    private static JsonElement[] Scenarios(JsonElement diff) => [.. diff.GetProperty("scenarios").EnumerateArray()];

    private static double Number(JsonElement scenario, string name) => scenario.GetProperty(name).GetDouble();

    private static double OverlapAt(JsonElement scenario, int k) => scenario.GetProperty("overlap").GetProperty(k.ToString(System.Globalization.CultureInfo.InvariantCulture)).GetDouble();
}
