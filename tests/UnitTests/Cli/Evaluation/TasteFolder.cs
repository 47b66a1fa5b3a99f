using System.Globalization;
using System.Text;
using Inference.Training.Chance;

namespace UnitTests.Cli.Evaluation;

/// <summary>A data folder of a small shop: users like one of three kinds of items, new users and new items keep coming.</summary>
internal sealed class TasteFolder : IDisposable
{
    private const int Users = 240, Items = 60, EventsPerUser = 40, Days = 100;

    public TasteFolder(ulong seed = 1)
    {
        Path = Directory.CreateTempSubdirectory("evaluate-").FullName;
        var random = new SeededRandom(seed);
        var events = new List<(long Time, string Line)>();
        var users = new StringBuilder("user_id,country\n");
        for (int user = 0; user < Users; user++)
        {
            int taste = user % 3;
            users.Append(CultureInfo.InvariantCulture, $"u{user},c{(random.NextInt(4) == 0 ? random.NextInt(3) : taste)}\n");
            double first = 92.0 * user / Users;
            for (int e = 0; e < EventsPerUser; e++)
            {
                double day = first + random.NextDouble() * (user % 2 == 0 ? Days - first : 5);
                int kind = random.NextInt(5) == 0 ? random.NextInt(3) : taste;
                int rank = (int)(Items / 3 * random.NextDouble() * random.NextDouble());
                int item = rank * 3 + kind;
                if ((item >= 51 && day < 62) || (item >= 57 && day < 78)) // the last items come later
                    item -= 30;
                long time = 1_600_000_000 + (long)(day * 86_400);
                events.Add((time, string.Create(CultureInfo.InvariantCulture, $"u{user},i{item},1,{time}\n")));
            }
        }

        var items = new StringBuilder("item_id,kind,price\n");
        for (int item = 0; item < Items; item++)
            items.Append(CultureInfo.InvariantCulture, $"i{item},k{item % 3},{1 + item % 7}.5\n");
        Write("events.csv", "user_id,item_id,value,timestamp\n" + string.Concat(events.OrderBy(one => one.Time).Select(one => one.Line)));
        Write("users.csv", users.ToString());
        Write("items.csv", items.ToString());
    }

    public string Path { get; }

    /// <summary>The split that all parts have users and items for: validation from day 60, test from day 75.</summary>
    public string[] Evaluate(params string[] more) => ["evaluate", "--data", Path, "--validation-from", "2020-11-12", "--test-from", "2020-11-27", .. more];

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private void Write(string name, string text) => System.IO.File.WriteAllText(File(name), text);
}
