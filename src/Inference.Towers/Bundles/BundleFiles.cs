using System.Buffers;

namespace Inference.Towers.Bundles;

/// <summary>The names that the writer gives to the files of a bundle. Readers go by the manifest.</summary>
internal static class BundleFiles
{
    public const string UserTower = "user_tower.onnx";
    public const string ItemTower = "item_tower.onnx";
    public const string Ranker = "ranker.onnx";
    public const string Items = "items.jsonl";
    public const string ItemEmbeddings = "item_embeddings.npy";
    public const string Index = "index.bin";
    public const string Profiles = "profiles.json";
    public const string Popularity = "popularity.npy";
    public const string Users = "users.jsonl.gz";
    public const string Golden = "golden.json";
    public const string Fusion = "fusion.json";
    public const string TrainingState = "training_state.bin";

    private static readonly SearchValues<char> SafeCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Whether a name, as a manifest gives it, stays inside of the folder whatever the system: no folders, no parent, no device, no hidden file.</summary>
    public static bool IsSafe(string name) =>
        name.Length is > 0 and <= 200 && name[0] != '.' && name.AsSpan().IndexOfAnyExcept(SafeCharacters) < 0;

    /// <summary>Whether a text can be the name or version of a model: it becomes a folder.</summary>
    public static bool IsIdentifier(string text) => text.Length <= 64 && IsSafe(text) && char.IsAsciiLetterOrDigit(text[0]);
}
