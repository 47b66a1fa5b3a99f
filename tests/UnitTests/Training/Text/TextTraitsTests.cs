using System.Globalization;
using System.Text;
using Inference.Recommendations.Features;
using Inference.Training.Chance;
using Inference.Training.Data;
using Inference.Training.Evaluation;
using Inference.Training.Features;
using Inference.Training.Splits;
using Inference.Training.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Training.Text;

public sealed class TextTraitsTests : IDisposable
{
    private const int Kinds = 4, Items = 160, Users = 240;

    private readonly string _folder = Directory.CreateTempSubdirectory("texts-").FullName;
    private readonly EvaluationInputs _inputs;

    public TextTraitsTests()
    {
        // Each item is described by words of its own, which metadata cannot tell from each other; what kind it is only the encoder knows.
        var random = new SeededRandom(7);
        var events = new List<(long Time, string Line)>();
        for (int user = 0; user < Users; user++)
        {
            double first = 92.0 * user / Users;
            for (int e = 0; e < 30; e++)
            {
                double day = first + (random.NextDouble() * (100 - first));
                int kind = random.NextInt(8) == 0 ? random.NextInt(Kinds) : user % Kinds;
                int item = (random.NextInt(Items / Kinds) * Kinds) + kind;
                if ((item >= 120 && day < 62) || (item >= 140 && day < 78)) // the last items come later
                    item -= 80;
                long time = 1_600_000_000 + (long)(day * 86_400);
                events.Add((time, string.Create(CultureInfo.InvariantCulture, $"u{user},i{item:000},1,{time}\n")));
            }
        }

        var items = new StringBuilder("item_id,title\n");
        for (int item = 0; item < Items; item++)
            items.Append(CultureInfo.InvariantCulture, $"i{item:000},{WordOf(item)} {WordOf(item)} thing\n");
        File.WriteAllText(Path.Combine(_folder, "events.csv"), "user_id,item_id,value,timestamp\n" + string.Concat(events.OrderBy(one => one.Time).Select(one => one.Line)));
        File.WriteAllText(Path.Combine(_folder, "users.csv"), "user_id\n" + string.Concat(Enumerable.Range(0, Users).Select(user => $"u{user}\n")));
        File.WriteAllText(Path.Combine(_folder, "items.csv"), items.ToString());
        DataFolder data = DataFolder.Open(_folder);
        ColdSplit split = ColdSplitBuilder.Build(data, new ColdSplitOptions { Mode = "time", Validation = 1_600_000_000 + (60 * 86_400), Test = 1_600_000_000 + (75 * 86_400) });
        _inputs = EvaluationInputs.Of("texts", data, split, 1);
    }

    [Fact]
    public void Add_OfTextsThatTellTheKind_AdmitsThem()
    {
        using SentenceEncoderFolder encoder = Encoder(isTelling: true);

        (EvaluationInputs inputs, TextReport report) = TextTraits.Add(_inputs, encoder.Path, NullLogger.Instance, Begin, CancellationToken.None);

        Assert.True(report.IsAdmitted, report.Reason);
        Assert.Equal(inputs.Split.Items.Count, report.Texts);
        FeaturePlan plan = inputs.Features;
        Assert.Contains(plan.Decisions, decision => decision is { Column: TextTraits.Feature, Used: true });
        // What is stored with the item is what the tower is fed, at the end of its row.
        IReadOnlyList<double> stored = plan.ItemFeatures("i007")[TextTraits.Feature].NumberList;
        int index = inputs.Split.Items.Ids.ToList().IndexOf("i007");
        Assert.Equal(report.Width, stored.Count);
        Assert.Equal(_inputs.Features.Traits.DenseWidth + report.Width, plan.Traits.DenseWidth);
        Assert.Equal(stored.Select(value => (float)value), plan.Traits.Dense.Skip(((index + 1) * plan.Traits.DenseWidth) - report.Width).Take(report.Width));
        Assert.Equal(plan.Traits.DenseWidth, plan.ItemDenseEncoder!.Columns!.Count == 1 ? report.Width : plan.Traits.DenseWidth);
    }

    [Fact]
    public void Add_OfTextsThatTellNothing_LeavesThemOutAndSaysWhy()
    {
        using SentenceEncoderFolder encoder = Encoder(isTelling: false);

        (EvaluationInputs inputs, TextReport report) = TextTraits.Add(_inputs, encoder.Path, NullLogger.Instance, Begin, CancellationToken.None);

        Assert.False(report.IsAdmitted, report.Reason);
        Assert.NotNull(report.Comparison);
        Assert.Equal(_inputs.Features.Traits.DenseWidth, inputs.Features.Traits.DenseWidth);
        Assert.False(inputs.Features.ItemFeatures("i007").ContainsKey(TextTraits.Feature));
        Assert.Contains(inputs.Features.Decisions, decision => decision is { Column: TextTraits.Feature, Used: false } && decision.What.Contains("left out", StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IProgress<double> Begin(string step) => new Progress<double>();

    private static string WordOf(int item) => string.Create(CultureInfo.InvariantCulture, $"w{(char)('a' + (item / 26))}{(char)('a' + (item % 26))}x");

    private static SentenceEncoderFolder Encoder(bool isTelling)
    {
        var random = new SeededRandom(11);
        var vectors = new List<float[]>();
        for (int item = 0; item < Items; item++)
        {
            float[] vector = [.. Enumerable.Range(0, 12).Select(_ => (float)(0.2 * random.NextGaussian()))];
            if (isTelling)
                vector[item % Kinds] += 1;
            vectors.Add(vector);
        }

        return new SentenceEncoderFolder([.. Enumerable.Range(0, Items).Select(WordOf)], vectors, isPooled: false);
    }
}
