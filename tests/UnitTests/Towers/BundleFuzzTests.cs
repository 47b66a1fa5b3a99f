using System.Text;
using Inference.Recommendations.Snapshots;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Towers;

/// <summary>Damaged and hostile bundles: each loads or is refused with reasons; none ends the process, hangs or fails in a way of its own.</summary>
public sealed class BundleFuzzTests
{
    private static readonly string[] Tokens =
    [
        "null", "-1", "0", "1e400", "9223372036854775808", "2147483648", "true", "\"\"", "[]", "{}", "[[[[[[[[]]]]]]]]", "\"\\u0000\"", "\"..\"", "[null]", "{\"type\":\"columns\",\"columns\":[null]}", "1.5",
        "\"history_ids\"", "\"item_id\"", "\"number_list\"",
    ];

    [Theory]
    [InlineData("manifest.json", 400)]
    [InlineData("golden.json", 60)]
    [InlineData("profiles.json", 60)]
    [InlineData("items.jsonl", 60)]
    [InlineData("users.jsonl.gz", 60)]
    public async Task LoadAsync_WithMutatedText_LoadsOrIsRefused(string file, int cases)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(Whole());
        string original = bundle.Read(file);
        int refused = 0;
        for (int seed = 0; seed < cases; seed++)
        {
            string mutated = Mutate(original, new Random(seed));
            if (file == "manifest.json")
                await File.WriteAllTextAsync(bundle[file], mutated);
            else
                bundle.Replace(file, mutated);
            if (!await LoadsAsync(bundle, $"{file}, seed {seed}"))
                refused++;
        }

        // Some changes do not matter and most do; otherwise this would not test what it says.
        Assert.InRange(refused, cases / 4, cases);
    }

    [Theory]
    [InlineData("user_tower.onnx", 250)]
    [InlineData("item_tower.onnx", 100)]
    [InlineData("item_embeddings.npy", 60)]
    [InlineData("popularity.npy", 60)]
    [InlineData("users.jsonl.gz", 60)]
    public async Task LoadAsync_WithMutatedBytes_LoadsOrIsRefused(string file, int cases)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(Whole());
        byte[] original = await File.ReadAllBytesAsync(bundle[file]);
        int refused = 0;
        for (int seed = 0; seed < cases; seed++)
        {
            bundle.Replace(file, Mutate(original, new Random(seed)));
            if (!await LoadsAsync(bundle, $"{file}, seed {seed}"))
                refused++;
        }

        // Some changes do not matter and most do; otherwise this would not test what it says.
        Assert.InRange(refused, cases / 4, cases);
    }

    private static BundleContent Whole()
    {
        var world = new SmallWorld();
        return world.Content() with
        {
            ItemEmbeddings = Enumerable.Range(0, world.ItemCount).SelectMany(world.ItemVector).ToArray(),
            Popularity = new Popularity(new float[world.ItemCount]),
            Profiles = new ClusterProfiles([new ClusterProfile("all", 2, new float[SmallWorld.Dimension], new ScoredRow[] { new(0, 1f) }, 0f)], []),
        };
    }

    private static async Task<bool> LoadsAsync(WrittenBundle bundle, string what)
    {
        try
        {
            LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path, new TowerOptions { MaxBatch = 8, LoadRunTimeout = TimeSpan.FromSeconds(5) }).WaitAsync(TimeSpan.FromMinutes(1));
            loaded.Snapshot.Dispose();
            return true;
        }
        catch (BundleException refused)
        {
            Assert.NotEmpty(refused.Reasons);
            Assert.All(refused.Reasons, reason => Assert.False(string.IsNullOrWhiteSpace(reason)));
            return false;
        }
        catch (Exception e)
        {
            Assert.Fail($"{what}: {e}");
            return false;
        }
    }

    private static string Mutate(string text, Random random)
    {
        var mutated = new StringBuilder(text);
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int at = random.Next(mutated.Length);
            switch (random.Next(5))
            {
                case 0:
                    mutated.Remove(at, Math.Min(random.Next(1, 30), mutated.Length - at));
                    break;
                case 1:
                    mutated[at] = (char)random.Next(1, 0x250);
                    break;
                case 2:
                    mutated.Insert(at, Tokens[random.Next(Tokens.Length)]);
                    break;
                default:
                    ReplaceValue(mutated, at, Tokens[random.Next(Tokens.Length)]);
                    break;
            }
        }

        return mutated.ToString();
    }

    /// <summary>Puts a token in the place of the next value, so that the result mostly is JSON still.</summary>
    private static void ReplaceValue(StringBuilder text, int from, string token)
    {
        string all = text.ToString();
        int colon = all.IndexOf(':', from);
        int end = colon < 0 ? -1 : all.AsSpan(colon + 1).IndexOfAny(",]}\n");
        if (end < 0)
            return;
        text.Remove(colon + 1, end).Insert(colon + 1, token);
    }

    private static byte[] Mutate(byte[] content, Random random)
    {
        var mutated = new List<byte>(content);
        for (int change = random.Next(1, 6); change > 0 && mutated.Count > 0; change--)
        {
            // Structure is at both ends of a model, weights are in between.
            int at = random.Next(2) == 0 ? random.Next(Math.Min(400, mutated.Count)) : Math.Max(0, mutated.Count - 1 - random.Next(800));
            switch (random.Next(4))
            {
                case 0:
                    mutated.RemoveRange(at, Math.Min(random.Next(1, 20), mutated.Count - at));
                    break;
                case 1:
                    mutated.InsertRange(at, Enumerable.Range(0, random.Next(1, 9)).Select(_ => (byte)random.Next(256)));
                    break;
                case 2:
                    mutated[at] ^= (byte)(1 << random.Next(8));
                    break;
                default:
                    mutated[at] = (byte)random.Next(256);
                    break;
            }
        }

        return [.. mutated];
    }
}
