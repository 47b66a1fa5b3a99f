using System.Text.Json;
using Inference.Training.Data;
using Inference.Vectors;

namespace Inference.Training.Demo;

/// <summary>
/// Writes what only the maker of the world knows, so that a slate can be held against the best one possible. Nothing that serves needs it.
/// <list type="bullet">
/// <item>truth.json: the formula and its constants, the files</item>
/// <item>item_factors.npy, item_popularity.npy: by row of items.csv</item>
/// <item>user_factors.npy: by row of users.csv, then of unseen_users.csv; user_segments.csv likewise</item>
/// <item>unseen_users.csv: people of whom the shop knows the context alone</item>
/// <item>heldout.csv: what users take next</item>
/// <item>new_items.csv, new_item_factors.npy, new_item_popularity.npy: goods that came after the towers were trained</item>
/// </list>
/// </summary>
internal static class DemoTruthFolder
{
    public static void Write(DemoWorld world, string folder)
    {
        Directory.CreateDirectory(folder);
        string PathOf(string file) => Path.Combine(folder, file);
        DemoItems items = world.Items;
        DemoUsers users = world.Users;
        int rank = world.Taste.Rank, catalogue = items.CatalogueCount;

        NpyFile.Write(PathOf("item_factors.npy"), items.Factors.AsSpan(0, catalogue * rank), catalogue, rank);
        NpyFile.Write(PathOf("item_popularity.npy"), Array.ConvertAll(items.Popularity[..catalogue], weight => (float)weight), catalogue, 1);
        NpyFile.Write(PathOf("new_item_factors.npy"), items.Factors.AsSpan(catalogue * rank), items.Count - catalogue, rank);
        NpyFile.Write(PathOf("new_item_popularity.npy"), Array.ConvertAll(items.Popularity[catalogue..], weight => (float)weight), items.Count - catalogue, 1);
        NpyFile.Write(PathOf("user_factors.npy"), users.Factors, users.Count, rank);
        DemoDataFolder.WriteItems(items, PathOf("new_items.csv"), catalogue, items.Count);
        DemoDataFolder.WriteUsers(users, PathOf("unseen_users.csv"), users.SeenCount, users.Count, withTime: false);
        WriteSegments(users, PathOf("user_segments.csv"));
        WriteHeldOut(users, PathOf("heldout.csv"));
        WriteConstants(world, PathOf("truth.json"));
    }

    private static void WriteSegments(DemoUsers users, string path)
    {
        using var csv = new CsvWriter(path, "user_id", "segment");
        for (int user = 0; user < users.Count; user++)
            csv.Field(users.IdOf(user)).Field(users.SegmentOf(user)).EndLine();
    }

    private static void WriteHeldOut(DemoUsers users, string path)
    {
        using var csv = new CsvWriter(path, "user_id", "item_id");
        for (int user = 0; user < users.Count; user++)
        {
            foreach (int row in users.HeldOut[user])
                csv.Field(users.IdOf(user)).Field(DemoItems.IdOf(row)).EndLine();
        }
    }

    private static void WriteConstants(DemoWorld world, string path)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("formula", "P(user takes item) is proportional to popularity[item] * exp(steepness * dot(user_factors[user], item_factors[item])), drawn without putting back");
            json.WriteNumber("steepness", TasteSpace.Steepness);
            json.WriteNumber("rank", world.Taste.Rank);
            json.WriteNumber("seed", world.Options.Seed);
            json.WriteNumber("items", world.Items.CatalogueCount);
            json.WriteNumber("new_items", world.Items.Count - world.Items.CatalogueCount);
            json.WriteNumber("users", world.Users.SeenCount);
            json.WriteNumber("unseen_users", world.Users.Count - world.Users.SeenCount);
            json.WriteNumber("segments", DemoSegments.Count);
            json.WriteNumber("heldout_per_user", DemoUsers.HeldOutEvents);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        File.WriteAllBytes(path, buffer.ToArray());
    }
}
