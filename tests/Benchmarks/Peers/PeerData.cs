using System.Text;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Benchmarks.Peers;

/// <summary>
/// <c>peer-data BUNDLE FOLDER</c>: writes a bundle as plain files that a server without our formats reads (tests/peers). All numbers are little-endian.
/// <code>
///  items.f32     rows × dimension floats: the item embeddings
///  items.txt     ids, a line each
///  users.bin     int32 users, int32 context inputs; for each user: uint16 length and UTF-8 of the id, an int64 for each context input, int32 length and int32 model ids of the history as the tower takes it, int32 length and int32 rows of all items that were seen
///  tower.txt     path of the user tower; its inputs for ids and mask of the history, its output; the names of the context inputs; model version; embedding space; dimension — a line each
/// </code>
/// The features of users are encoded already, which spares the peer that work.
/// </summary>
internal static class PeerData
{
    public static async Task<int> WriteAsync(string bundleFolder, string folder)
    {
        Directory.CreateDirectory(folder);
        LoadedBundle bundle = await BundleLoader.LoadAsync(bundleFolder, new TowerOptions(), progress: null, NullLogger.Instance, index: new ItemIndexOptions { Kind = ItemIndexKind.Exact });
        using Snapshot snapshot = bundle.Snapshot;
        TowerManifest tower = bundle.Manifest.UserTower ?? throw new InvalidDataException("The bundle has no user tower.");
        string ids = NameOf<HistoryIdsSpec>(tower), mask = NameOf<HistoryMaskSpec>(tower);
        InputManifest[] context = [.. tower.Inputs!.Where(input => input.Encoder is not (HistoryIdsSpec or HistoryMaskSpec))];
        await File.WriteAllLinesAsync(
            Path.Combine(folder, "tower.txt"),
            [Path.GetFullPath(Path.Combine(bundleFolder, tower.File!)), ids, mask, tower.Output!, string.Join(' ', context.Select(input => input.Name)), snapshot.Model.FullVersion, snapshot.Model.EmbeddingSpaceId, snapshot.Model.Dimension.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        WriteItems(snapshot, folder);
        int longest = tower.History!.MaxLength!.Value;
        long offset = ((HistoryIdsSpec)tower.Inputs!.Single(input => input.Encoder is HistoryIdsSpec).Encoder!).Offset ?? 0;
        WriteUsers(bundle, context, longest, (int)offset, folder);
        Console.WriteLine($"{snapshot.Items.Count} items and {bundle.Users.Count} users of {snapshot.Model.FullVersion} in {folder}");
        return 0;
    }

    private static void WriteItems(Snapshot snapshot, string folder)
    {
        using var vectors = new BinaryWriter(new BufferedStream(File.Create(Path.Combine(folder, "items.f32")), 1 << 20));
        using var names = new StreamWriter(Path.Combine(folder, "items.txt"), append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        float[] vector = new float[snapshot.Model.Dimension];
        for (int row = 0; row < snapshot.Items.Count; row++)
        {
            if (!snapshot.Index.TryCopyVector(row, vector))
                throw new InvalidDataException($"Row {row} has no vector.");
            foreach (float element in vector)
                vectors.Write(element);
            names.WriteLine(snapshot.Items.IdOf(row));
        }
    }

    private static void WriteUsers(LoadedBundle bundle, InputManifest[] context, int longest, int offset, string folder)
    {
        using var file = new BinaryWriter(new BufferedStream(File.Create(Path.Combine(folder, "users.bin")), 1 << 20));
        file.Write(bundle.Users.Count);
        file.Write(context.Length);
        foreach ((string id, UserState state) in bundle.Users)
        {
            byte[] name = Encoding.UTF8.GetBytes(id);
            file.Write((ushort)name.Length);
            file.Write(name);
            foreach (InputManifest input in context)
                file.Write(Encode(input, state));
            int[] seen = [.. state.History.Select(item => bundle.Snapshot.Items.TryGetRow(item, out int row) ? row : -1).Where(row => row >= 0)];
            int[] taken = seen[Math.Max(0, seen.Length - longest)..];
            file.Write(taken.Length);
            foreach (int row in taken)
                file.Write(row + offset);
            file.Write(seen.Length);
            foreach (int row in seen)
                file.Write(row);
        }
    }

    private static long Encode(InputManifest input, UserState state) => input.Encoder switch
    {
        VocabularySpec vocabulary => state.Features.TryGetValue(vocabulary.Feature!, out FeatureValue text) && vocabulary.Values!.ToList().IndexOf(text.AsCategory() ?? "") is var place and >= 0
            ? place + (vocabulary.FirstId ?? 0)
            : vocabulary.Unknown ?? 0,
        IntegerSpec integer => state.Features.TryGetValue(integer.Feature!, out FeatureValue number) ? number.Integer + (integer.Offset ?? 0) : integer.Missing ?? 0,
        _ => throw new InvalidDataException($"The input '{input.Name}' is encoded in a way that is not written here."),
    };

    private static string NameOf<TSpec>(TowerManifest tower) => tower.Inputs!.Single(input => input.Encoder is TSpec).Name!;
}
