using System.Globalization;
using System.IO.Compression;
using System.Text;
using Inference.Training.Chance;
using Inference.Training.Data;
using Inference.Training.Evaluation;
using Inference.Training.Fused;
using Inference.Training.Splits;
using Inference.Training.TwoTower;
using Microsoft.Extensions.Logging.Abstractions;

namespace UnitTests.Training.Fused;

/// <summary>A data folder of whatever shape, as real shops have them.</summary>
internal sealed class OddFolder : IDisposable
{
    /// <summary>Files of a split that only a choice between models may read.</summary>
    public static readonly string[] ValidationFiles = ["fewshot_val.csv", "warm_val.csv", "cold_items_val.csv"];

    /// <summary>Files of a split that only the judge may read.</summary>
    public static readonly string[] TestFiles = ["fewshot_test.csv", "warm_test.csv", "cold_items_test.csv"];

    private readonly string _path = Directory.CreateTempSubdirectory("odd-").FullName;

    /// <param name="users">They come one after another, over a hundred days.</param>
    /// <param name="items">Items of the shop.</param>
    /// <param name="eventsPerUser">Different items of each user.</param>
    /// <param name="columns">Columns of users.csv beside the id; null for no file.</param>
    /// <param name="value">Text of a user's column, by user and place of the column.</param>
    /// <param name="days">How long a user stays.</param>
    public OddFolder(int users, int items, int eventsPerUser, IReadOnlyList<string>? columns = null, Func<int, int, string>? value = null, int days = 3)
    {
        var random = new SeededRandom(5);
        var events = new List<(long Time, string Line)>();
        for (int user = 0; user < users; user++)
        {
            var taken = new HashSet<int>();
            while (taken.Count < Math.Min(eventsPerUser, items))
            {
                long time = 1_600_000_000 + (long)(86_400 * ((97.0 * user / users) + (days * random.NextDouble())));
                int item = random.NextInt(3) == 0 ? random.NextInt(items) : ((user % 4) + (4 * random.NextInt(items))) % items;
                if (taken.Add(item))
                    events.Add((time, FormattableString.Invariant($"u{user},i{item},{time}\n")));
            }
        }

        Write("events.csv", "user_id,item_id,timestamp\n" + string.Concat(events.OrderBy(one => one.Time).Select(one => one.Line)));
        if (columns is null)
            return;
        var lines = new StringBuilder("user_id").AppendJoin("", columns.Select(column => "," + column)).Append('\n');
        for (int user = 0; user < users; user++)
            lines.Append(CultureInfo.InvariantCulture, $"u{user}").AppendJoin("", columns.Select((_, column) => "," + value!(user, column))).Append('\n');
        Write("users.csv", lines.ToString());
    }

    /// <summary>The split of the folder, written as files, some of which have a header and nothing else.</summary>
    /// <param name="name">Name of the folder.</param>
    /// <param name="empty">Names of the files that are emptied, without .gz.</param>
    public string Split(string name, params string[] empty)
    {
        string folder = Path.Combine(_path, name);
        ColdSplit split = ColdSplitBuilder.Build(DataFolder.Open(_path));
        Directory.CreateDirectory(folder);
        ColdSplitWriter.Write(split, folder);
        foreach (string file in Directory.GetFiles(folder, "*.csv.gz").Where(file => empty.Contains(Path.GetFileNameWithoutExtension(file))))
        {
            using (var lines = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress)))
                File.WriteAllText(Path.ChangeExtension(file, null), lines.ReadLine() + "\n");
            File.Delete(file);
        }

        return folder;
    }

    /// <summary>Trains with towers that hardly learn, and publishes.</summary>
    public Task<TrainingReport> TrainAsync(string? split = null, string version = "1")
    {
        DataFolder data = DataFolder.Open(_path);
        var inputs = EvaluationInputs.Of("odd", data, split is null ? ColdSplitBuilder.Build(data) : ColdSplitReader.Read(split), seed: 1);
        var options = new FusedOptions { Towers = new TwoTowerOptions { Dimension = 16, Hidden = 16, MaxHistory = 10, ContextSteps = 2, Steps = 2, BatchSize = 16, FactorPowers = [0.25], FactorDampings = [8] } };
        return BundleTrainer.TrainAsync(
            inputs, Path.Combine(_path, "models", "odd", version), "odd", version, options, null, overwrite: false, TimeProvider.System, NullLogger.Instance, TrainedShop.Begin, CancellationToken.None);
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_path, name), text);
}
