using System.Text.Json;
using Inference.Storage.Decisions;
using Inference.Training.OffPolicy;
using UnitTests.Towers;
using UnitTests.Training.OffPolicy;
using Xunit;

namespace UnitTests.Cli.OffPolicy;

public sealed class ReplayVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Replay_OfALog_ShowsItsOwnValueFirst()
    {
        Write("softmax:temperature=1", 2_000);

        CliRun run = await CliRun.Of("replay", "--log", _folder.Path, "--policy", "softmax:temperature=0.5", "--policy", "off", "--min-rewards", "5", "--json", _folder["replay.json"]);

        Assert.Equal((0, ""), (run.Code, run.Error));
        string[] rows = [.. run.Output.Split('\n').Where(line => line.StartsWith('│'))];
        Assert.Contains("as logged", rows[1], StringComparison.Ordinal);
        Assert.Contains("softmax:temperature=0.5", rows[2], StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(await File.ReadAllTextAsync(_folder["replay.json"]));
        Assert.Equal(2_000, json.RootElement.GetProperty("units").GetInt32());
        Assert.True(json.RootElement.GetProperty("policies")[1].GetProperty("answered").GetBoolean());
    }

    [Fact]
    public async Task Replay_OfALogWithoutChance_IsRefusedWithTheReason()
    {
        Write("off", 500);

        CliRun run = await CliRun.Of("replay", "--log", _folder.Path, "--policy", "softmax", "--min-rewards", "1");

        Assert.Equal(1, run.Code);
        Assert.Contains("refused", run.Output, StringComparison.Ordinal);
        Assert.Contains("the log cannot tell what softmax:temperature=0.5 would bring", run.Error, StringComparison.Ordinal);
        Assert.Contains("made without chance", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "give the log", "replay", "--policy", "off")]
    [InlineData(2, "there is no policy 'best'", "replay", "--log", "x", "--policy", "best")]
    [InlineData(1, "there is no folder", "replay", "--log", "/nowhere", "--policy", "off")]
    public async Task Replay_OfWhatIsWrong_SaysSo(int code, string problem, params string[] arguments)
    {
        CliRun run = await CliRun.Of(arguments);

        Assert.Equal(code, run.Code);
        Assert.Contains(problem, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_OfAnEmptyFolder_SaysWhoWritesThere()
    {
        CliRun run = await CliRun.Of("replay", "--log", _folder.Path, "--policy", "off");

        Assert.Equal(1, run.Code);
        Assert.Contains("Inference:Decisions:Folder", run.Error, StringComparison.Ordinal);
    }

    private void Write(string policy, int decisions)
    {
        using var lines = new DecisionLines(withUsers: true);
        new ReplaySimulation(40, 10, 5).Log(TestLog.Policy(policy), decisions, 1, lines.Append, lines.Append);
        File.WriteAllBytes(_folder["decisions-1.jsonl"], lines.Bytes.ToArray());
    }
}
