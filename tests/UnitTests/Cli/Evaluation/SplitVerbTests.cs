using Inference.Cli.Frame;
using Inference.Training.Splits;
using UnitTests.Training.Fused;
using Xunit;

namespace UnitTests.Cli.Evaluation;

public sealed class SplitVerbTests : IDisposable
{
    private readonly FusedFolder _folder = new(users: 60);

    [Fact]
    public async Task Split_OfAFolder_WritesWhatOtherVerbsRead()
    {
        string target = _folder.File("parts");
        CliRun run = await CliRun.Of("split", "--data", _folder.Path, "--out", target, "--validation-from", "2020-11-01", "--test-from", "2020-11-20");
        Assert.True(run.Code == ExitCode.Ok, run.Error);
        ColdSplit split = ColdSplitReader.Read(target);
        Assert.Equal(new SplitTimes(SplitTimes.Time, 1_604_188_800, 1_605_830_400), split.Times);
        Assert.Contains($"{split.TrainingUserIds.Count} users, {split.Items.TrainingCount} items", run.Output, StringComparison.Ordinal);

        CliRun again = await CliRun.Of("split", "--data", _folder.Path, "--out", target);
        Assert.Equal(ExitCode.Failed, again.Code);
        Assert.Contains("--overwrite replaces the split", again.Error, StringComparison.Ordinal);
        CliRun replaced = await CliRun.Of("split", "--data", _folder.Path, "--out", target, "--split-mode", "arrival", "--overwrite");
        Assert.True(replaced.Code == ExitCode.Ok, replaced.Error);
        Assert.Equal(SplitTimes.Arrival, ColdSplitReader.Read(target).Times!.Mode);
    }

    [Theory]
    [InlineData("train --out m/s/1")]
    [InlineData("distill --teacher t --out m/s/1")]
    [InlineData("evaluate")]
    [InlineData("split --out s")]
    public async Task Verbs_WithDatesInTheWrongOrder_SayItInTheirOwnWords(string line)
    {
        CliRun run = await CliRun.Of([.. line.Split(' '), "--data", _folder.Path, "--validation-from", "2020-11-20", "--test-from", "2020-11-01"]);
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("The data cannot be split like that", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("distill --teacher t")]
    [InlineData("evaluate")]
    public async Task Verbs_WithASplitAndAMode_AreWronglyUsed(string line)
    {
        CliRun run = await CliRun.Of([.. line.Split(' '), "--data", "nowhere", "--split-dir", "s", "--split-mode", "time", .. (string[])(line == "evaluate" ? [] : ["--out", "m/s/1"])]);
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains("use one or the other", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("distill --teacher t")]
    public async Task Verbs_WithAFolderThatCannotBeABundle_SayItBeforeTheDataAreRead(string line)
    {
        CliRun named = await CliRun.Of([.. line.Split(' '), "--data", "nowhere", "--out", _folder.File("my shop/1")]);
        Assert.Equal(ExitCode.Failed, named.Code);
        Assert.Contains("the name would be 'my shop'", named.Error, StringComparison.Ordinal);
        CliRun there = await CliRun.Of([.. line.Split(' '), "--data", "nowhere", "--out", _folder.Path]);
        Assert.Contains("exists already", there.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
