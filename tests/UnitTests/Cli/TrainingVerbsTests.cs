using System.Text.Json;
using Inference.Cli.Frame;
using UnitTests.Cli.Evaluation;
using Xunit;

namespace UnitTests.Cli;

/// <summary>Training, going on from it, and students, end to end on a small shop.</summary>
public sealed class TrainingVerbsTests : IDisposable
{
    private readonly TasteFolder _folder = new();

    [Fact]
    public async Task Train_WarmStartAndDistill_GiveBundlesThatNameTheirParent()
    {
        await Run("train", "--data", _folder.Path, "--out", Bundle("shop", "1"));
        JsonElement first = Manifest("shop", "1");
        await Run("train", "--data", _folder.Path, "--warm-start", Bundle("shop", "1"), "--out", Bundle("shop", "2"));
        Assert.Equal(first.GetProperty("embedding_space_id").GetString(), Manifest("shop", "2").GetProperty("parent_space_id").GetString());

        await Run("distill", "--teacher", Bundle("shop", "1"), "--data", _folder.Path, "--out", Bundle("small", "1"), "--dim", "16", "--hidden", "16", "--int8", "--max-loss", "0.5", "--json", _folder.File("student.json"));
        JsonElement student = Manifest("small", "1");
        Assert.Equal(first.GetProperty("embedding_space_id").GetString(), student.GetProperty("parent_space_id").GetString());
        Assert.Equal(16, student.GetProperty("dimension").GetInt32());
        JsonElement card = student.GetProperty("model_card");
        foreach (JsonProperty scenario in card.GetProperty("distillation").GetProperty("quality_kept_ci95").EnumerateObject())
            Assert.InRange(scenario.Value[0].GetDouble(), 0.5, 2);
        Assert.True(card.GetProperty("int8").GetProperty("bytes").GetInt64() < card.GetProperty("int8").GetProperty("float32_bytes").GetInt64());
        await Run("train-ranker", "--bundle", Bundle("shop", "1"), "--data", _folder.Path, "--out", Bundle("shop", "3"), "--keep", "--json", _folder.File("ranker.json"));
        JsonElement ranked = Manifest("shop", "3");
        Assert.Equal(first.GetProperty("embedding_space_id").GetString(), ranked.GetProperty("embedding_space_id").GetString());
        Assert.Equal("ranker.onnx", ranked.GetProperty("ranker").GetProperty("file").GetString());
        JsonElement gains = JsonDocument.Parse(File.ReadAllText(_folder.File("ranker.json"))).RootElement;
        Assert.Equal("all", gains.GetProperty("validation").EnumerateArray().Last().GetProperty("scenario").GetString());
        CliRun check = await CliRun.Of("bundle", "check", Bundle("shop", "3"));
        Assert.Contains("ranker    retrieval_score, retrieval_rank", check.Output, StringComparison.Ordinal);
        JsonElement report = JsonDocument.Parse(File.ReadAllText(_folder.File("student.json"))).RootElement;
        Assert.Equal([1, 64], report.GetProperty("user_tower_median_microseconds").EnumerateArray().Select(one => one.GetProperty("batch").GetInt32()));
        Assert.All(report.GetProperty("user_tower_median_microseconds").EnumerateArray(), one => Assert.True(one.GetProperty("student").GetDouble() > 0));
    }

    [Theory]
    [InlineData("distill --teacher t --data d --out o --dim 40", "--dim must be a multiple of 16, not 40")]
    [InlineData("distill --teacher t --data d --out o --teacher-share 2", "--teacher-share must be 0 to 1, not 2")]
    public async Task Distill_WithWrongUsage_SaysWhat(string line, string expected)
    {
        CliRun run = await CliRun.Of(line.Split(' '));
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task Run(params string[] arguments)
    {
        CliRun run = await CliRun.Of(arguments);
        Assert.True(run.Code == ExitCode.Ok, run.Error);
    }

    private string Bundle(string name, string version) => Path.Combine(_folder.Path, "models", name, version);

    private JsonElement Manifest(string name, string version) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Bundle(name, version), "manifest.json"))).RootElement;
}
