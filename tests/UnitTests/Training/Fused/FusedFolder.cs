using System.Globalization;
using System.Text;
using Inference.Training.Chance;
using Inference.Training.Data;
using Inference.Training.Evaluation;
using Inference.Training.Fused;
using Inference.Training.Splits;
using Inference.Training.TwoTower;

namespace UnitTests.Training.Fused;

/// <summary>
/// A data folder of a small shop with known truth: each user likes one of six kinds of items, told mostly by the country; users come one after another, some come back, and the last items come late, so that all parts of a
/// split by time have users.
/// </summary>
internal sealed class FusedFolder : IDisposable
{
    public const int Kinds = 6, Items = 120;
    private const int FirstEvents = 22, LaterEvents = 6;

    public FusedFolder(ulong seed = 1, int users = 500)
    {
        Path = Directory.CreateTempSubdirectory("fused-").FullName;
        var random = new SeededRandom(seed);
        var events = new List<(long Time, string Line)>();
        var lines = new StringBuilder("user_id,country,device\n");
        for (int user = 0; user < users; user++)
        {
            int taste = random.NextInt(Kinds);
            int country = random.NextInt(4) == 0 ? random.NextInt(Kinds) : taste;
            lines.Append(CultureInfo.InvariantCulture, $"u{user},c{country},d{random.NextInt(2)}\n");
            double first = 97.0 * user / users;
            var taken = new HashSet<int>();
            int count = FirstEvents + (random.NextInt(3) == 0 ? LaterEvents : 0);
            while (taken.Count < count)
            {
                double day = first + (random.NextDouble() * (taken.Count < FirstEvents ? 3 : 100 - first));
                int kind = random.NextInt(5) == 0 ? random.NextInt(Kinds) : taste;
                double x = random.NextDouble();
                int item = ((int)(Items / Kinds * x * Math.Sqrt(x)) * Kinds) + kind;
                bool isHereYet = item < Items - (2 * Kinds) || day > (item < Items - Kinds ? 82 : 91);
                if (isHereYet && taken.Add(item))
                    events.Add(((long)(1_600_000_000 + (day * 86_400)), FormattableString.Invariant($"u{user},i{item}")));
            }
        }

        var items = new StringBuilder("item_id,kind,price,title\n");
        for (int item = 0; item < Items; item++)
            items.Append(CultureInfo.InvariantCulture, $"i{item},k{item % Kinds},{1 + (item % 7)}.5,lovely thing number {item} of shape {item * 7 % 40} and sort {item % Kinds}\n");
        Write("events.csv", "user_id,item_id,value,timestamp\n" + string.Concat(events.OrderBy(one => one.Time).Select(one => FormattableString.Invariant($"{one.Line},1,{one.Time}\n"))));
        Write("users.csv", lines.ToString());
        Write("items.csv", items.ToString());
    }

    public string Path { get; }

    /// <summary>Towers that are small and learn for a moment.</summary>
    public static FusedOptions QuickOptions => new()
    {
        Seed = 3,
        Towers = new TwoTowerOptions { Dimension = 16, Hidden = 16, MaxHistory = 20, ContextSteps = 40, Steps = 40, BatchSize = 64, ValidationSteps = 20, Patience = 2, FactorPowers = [0.25], FactorDampings = [8] },
    };

    public EvaluationInputs Inputs()
    {
        DataFolder data = DataFolder.Open(Path);
        return EvaluationInputs.Of("small", data, ColdSplitBuilder.Build(data), seed: 1);
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private void Write(string name, string text) => System.IO.File.WriteAllText(File(name), text);
}
