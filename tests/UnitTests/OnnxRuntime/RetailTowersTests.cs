using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace UnitTests.OnnxRuntime;

/// <summary>Real towers, exported by PyTorch, against the embeddings that came with them.</summary>
public sealed class RetailTowersTests
{
    private const double Tolerance = 1e-4;

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(7)]
    public void UserTower_WithGoldenUsers_GivesTheirEmbeddings(int extraPadding)
    {
        using var session = new InferenceSession(RetailTowers.File("user_tower.onnx"));
        using var options = new RunOptions();
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(RetailTowers.File("golden.json")));
        int dimension = golden.RootElement.GetProperty("dim").GetInt32();
        int cases = 0;
        foreach (JsonElement user in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            long[] ids = [.. user.GetProperty("history_ids_input").EnumerateArray().Select(id => id.GetInt64())];
            long[] demographics = [.. user.GetProperty("demographics").EnumerateArray().Select(value => value.GetInt64())];
            int length = Math.Max(1, ids.Length) + extraPadding;
            long[] history = [.. ids, .. new long[length - ids.Length]];
            float[] mask = [.. ids.Select(_ => 1f), .. new float[length - ids.Length]];
            float[] embedding = new float[dimension];
            using OrtValue historyValue = OrtValue.CreateTensorValueFromMemory(history, [1, length]);
            using OrtValue maskValue = OrtValue.CreateTensorValueFromMemory(mask, [1, length]);
            using OrtValue demographicsValue = OrtValue.CreateTensorValueFromMemory(demographics, [1, 3]);
            using OrtValue output = OrtValue.CreateTensorValueFromMemory(embedding, [1, dimension]);

            session.Run(
                options, ["history_ids", "history_mask", "demographics"], [historyValue, maskValue, demographicsValue], session.OutputNames, [output]);

            float[] expected = [.. user.GetProperty("user_embedding").EnumerateArray().Select(value => value.GetSingle())];
            for (int i = 0; i < dimension; i++)
                Assert.Equal(expected[i], embedding[i], Tolerance);
            cases++;
        }

        Assert.Equal(8, cases);
    }

    [SkippableFact]
    public void ItemTower_WithTheCatalogue_GivesItsEmbeddings()
    {
        using var session = new InferenceSession(RetailTowers.File("item_tower.onnx"));
        using var options = new RunOptions();
        var items = ReadItems(512);
        long batch = items.Count;
        int genreCount = session.InputMetadata["genres"].Dimensions[1];
        int tokenCount = session.InputMetadata["title_tokens"].Dimensions[1];
        using OrtValue id = OrtValue.CreateTensorValueFromMemory(items.Select(item => item.Id).ToArray(), [batch]);
        using OrtValue genres = OrtValue.CreateTensorValueFromMemory(items.SelectMany(item => item.Genres).ToArray(), [batch, genreCount]);
        using OrtValue tokens = OrtValue.CreateTensorValueFromMemory(items.SelectMany(item => item.Tokens).ToArray(), [batch, tokenCount]);

        using var results = session.Run(
            options, new Dictionary<string, OrtValue> { ["item_id"] = id, ["genres"] = genres, ["title_tokens"] = tokens }, session.OutputNames);

        float[] reference = ReadFloats(RetailTowers.File("item_embeddings.npy"));
        ReadOnlySpan<float> embeddings = results[0].GetTensorDataAsSpan<float>();
        Assert.Equal(64 * items.Count, embeddings.Length);
        for (int i = 0; i < embeddings.Length; i++)
            Assert.Equal(reference[i], embeddings[i], Tolerance);
    }

    private static List<(long Id, float[] Genres, long[] Tokens)> ReadItems(int count)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(RetailTowers.File("items_features.csv.gz")), CompressionMode.Decompress));
        string[] header = reader.ReadLine()!.Split(',');
        int id = Array.IndexOf(header, "item_id_input");
        int genres = Array.IndexOf(header, "genres_multi_hot");
        int tokens = Array.IndexOf(header, "title_token_ids");
        var items = new List<(long, float[], long[])>();
        while (items.Count < count && reader.ReadLine() is { } line)
        {
            string[] fields = line.Split(',');
            items.Add((long.Parse(fields[id]), [.. fields[genres].Split('|').Select(float.Parse)], [.. fields[tokens].Split('|').Select(long.Parse)]));
        }
        return items;
    }

    private static float[] ReadFloats(string npy)
    {
        byte[] bytes = File.ReadAllBytes(npy);
        int header = 10 + BitConverter.ToUInt16(bytes, 8); // version 1: magic, version, length of the header
        return MemoryMarshal.Cast<byte, float>(bytes.AsSpan(header)).ToArray();
    }
}
