using Inference.Cli.Frame;
using Inference.Cli.Verbs;
using Inference.Recommendations.Fusion;
using Inference.Training.Evaluation;
using Inference.Training.Fused;
using Xunit;

namespace UnitTests.Training.Fused;

/// <summary>Shops that lack what others have, or have more of it, get a bundle all the same.</summary>
public sealed class OddFolderTests
{
    /// <summary>By name: the folder, and what of its report has to hold.</summary>
    private static readonly Dictionary<string, (Func<OddFolder> Make, Func<TrainingReport, bool> Holds)> Folders = new(StringComparer.Ordinal)
    {
        ["25 columns of users"] = (
            () => new OddFolder(150, 30, 18, [.. Enumerable.Range(0, 25).Select(column => $"property{column}")], (user, column) => $"v{((user * (column + 3)) + (user / 7)) % 3}"),
            report => report.Sources.Count == FusionModel.MaxSources && report.Sources.Contains("tower")),
        ["a column with a blank"] = (
            () => new OddFolder(150, 30, 18, ["age group", "age_group"], (user, column) => $"{(user / (column + 1)) % 3}0s"),
            report => report.Sources.Contains("context_age_group") && report.Sources.Contains("context_age_group_2")),
        ["a time beside its hour"] = (
            () => new OddFolder(150, 30, 18, ["visit", "visit_hour"], (user, column) => column == 0 ? $"2020-09-{1 + (user % 28):00}T{user % 24:00}:00:00" : $"{user % 3}"),
            report => LeftOut(report).Contains("users.visit_hour: visit_hour left out: another column has become a feature of this name")),
        ["a number with a hundred values"] = (
            () => new OddFolder(150, 30, 18, ["points"], (user, _) => $"{user % 100}"),
            report => !report.Sources.Contains("context_points")),
        ["events alone"] = (() => new OddFolder(150, 30, 18), report => report.Part == EvaluationPart.Test),
        ["users with too few items to be asked for"] = (() => new OddFolder(150, 30, 8, days: 40), report => report.Part == EvaluationPart.Test && report.Results.Count > 0),
    };

    public static TheoryData<string> Names => [.. Folders.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Train_OfAnOddFolder_MakesABundle(string name)
    {
        using OddFolder folder = Folders[name].Make();
        TrainingReport report = await folder.TrainAsync();
        Assert.True(Folders[name].Holds(report), $"{string.Join(", ", report.Sources)}; {string.Join("; ", LeftOut(report))}; {report.Part}, {report.Results.Count} results");
    }

    [Fact]
    public async Task Train_OfASplitWithoutAnybodyToAskFor_SaysThatNothingWasJudged()
    {
        using var folder = new OddFolder(150, 30, 18);
        TrainingReport report = await folder.TrainAsync(folder.Split("splits", [.. OddFolder.ValidationFiles, .. OddFolder.TestFiles]));
        Assert.Empty(report.Results);
        using var output = new StringWriter();
        TrainVerb.Table(new CommandHost(output, output, isTerminal: false, TimeProvider.System), report, null);
        Assert.Contains("nothing was judged", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 30, 18)]
    [InlineData(150, 1, 1)]
    [InlineData(150, 30, 2)]
    public async Task Train_OfTooLittleToLearnFrom_SaysWhatIsMissing(int users, int items, int events)
    {
        using var folder = new OddFolder(users, items, events);
        InvalidDataException e = await Assert.ThrowsAsync<InvalidDataException>(() => folder.TrainAsync());
        Assert.Contains("at least two users, and one of them with at least 3 different items", e.Message, StringComparison.Ordinal);
    }

    private static string[] LeftOut(TrainingReport report) => [.. report.Card.GetProperty("left_out").EnumerateArray().Select(one => one.GetString()!)];
}
