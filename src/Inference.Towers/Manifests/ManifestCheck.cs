using Inference.Recommendations.Features;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Vectors;

namespace Inference.Towers.Manifests;

/// <summary>Checks everything of a manifest that can be checked without opening another file.</summary>
internal static class ManifestCheck
{
    private const int MaxDimension = 16_384;
    private const int MaxInputs = 256;
    private const int MaxShape = 8;

    /// <summary>What the manifest says, with all that is required; null when something is missing or wrong.</summary>
    public static CheckedManifest? Check(BundleManifest manifest, BundleProblems problems)
    {
        int before = problems.Count;
        const string where = BundleManifest.FileName;
        if (manifest.FormatVersion != BundleManifest.CurrentFormat)
        {
            // A later format may mean anything by its fields, so nothing else is looked at.
            problems.Add(where, manifest.FormatVersion is null
                ? $"'format_version' is missing; this server reads {BundleManifest.CurrentFormat}."
                : $"'format_version' is {manifest.FormatVersion}; this server reads {BundleManifest.CurrentFormat}.");
            return null;
        }

        Unknown(manifest.UnknownFields, where, problems);
        Identifier(manifest.Name, "name", required: true, problems);
        Identifier(manifest.Version, "version", required: true, problems);
        Identifier(manifest.EmbeddingSpaceId, "embedding_space_id", required: false, problems);
        Identifier(manifest.ParentSpaceId, "parent_space_id", required: false, problems);
        if (manifest.ParentSpaceId is not null && manifest.ParentSpaceId == manifest.EmbeddingSpaceId)
            problems.Add(where, OwnParent(manifest.ParentSpaceId));
        if (manifest.Dimension is null or < 1 or > MaxDimension)
            problems.Add(where, $"'dimension' is {manifest.Dimension?.ToString() ?? "missing"}; it can be 1 to {MaxDimension}.");
        if (!BundleMetric.TryParse(manifest.Metric, out Metric metric))
            problems.Add(where, $"'metric' is {(manifest.Metric is null ? "missing" : $"'{manifest.Metric}'")}; it can be 'ip', 'cosine' or 'l2'.");
        if (manifest.ModelCard is { ValueKind: not (System.Text.Json.JsonValueKind.Object or System.Text.Json.JsonValueKind.Null) })
            problems.Add(where, "'model_card' is no object.");
        CheckFiles(manifest, problems);

        TowerFeatures? user = null, item = null, ranker = null;
        if (manifest.UserTower is null)
            problems.Add(where, "'user_tower' is missing.");
        else
            user = CheckTower(manifest.UserTower, TowerKind.User, problems);
        if (manifest.ItemTower is not null)
            item = CheckTower(manifest.ItemTower, TowerKind.Item, problems);
        else if (manifest.ItemEmbeddings is null)
            problems.Add(where, "'item_tower' and 'item_embeddings' are both missing; one of them has to tell where items lie.");
        if (manifest.Ranker is not null)
            ranker = CheckTower(manifest.Ranker, TowerKind.Ranker, problems);
        return problems.Count > before ? null : new CheckedManifest(manifest, manifest.Dimension!.Value, metric, user!, item, ranker);
    }

    /// <summary>What is wrong where a bundle names its own space as its parent; also for spaces that are derived from the towers.</summary>
    public static string OwnParent(string space) => $"'parent_space_id' is '{space}', which is the bundle's own space; it names the space that this one was trained on from.";

    private static void CheckFiles(BundleManifest manifest, BundleProblems problems)
    {
        const string where = BundleManifest.FileName;
        var roles = new Dictionary<string, string>(StringComparer.Ordinal);
        File(manifest.UserTower?.File, "user_tower.file", required: manifest.UserTower is not null);
        File(manifest.ItemTower?.File, "item_tower.file", required: manifest.ItemTower is not null);
        File(manifest.Ranker?.File, "ranker.file", required: manifest.Ranker is not null);
        File(manifest.Items, "items", required: true);
        File(manifest.ItemEmbeddings, "item_embeddings", required: false);
        File(manifest.Index, "index", required: false);
        File(manifest.Profiles, "profiles", required: false);
        File(manifest.Popularity, "popularity", required: false);
        File(manifest.Users, "users", required: false);
        File(manifest.Golden, "golden", required: false);
        File(manifest.Fusion, "fusion", required: false);
        File(manifest.TrainingState, "training_state", required: false);
        foreach ((string name, FileManifest? file) in manifest.Files ?? new Dictionary<string, FileManifest>())
        {
            string place = $"{where}: files['{name}']";
            if (!BundleFiles.IsSafe(name))
                problems.Add(place, "is not the plain name of a file in the bundle's folder.");
            if (file is null)
            {
                problems.Add(place, "is null.");
                continue;
            }

            Unknown(file.UnknownFields, place, problems);
            if (file.Sha256 is not null && (file.Sha256.Length != 64 || !file.Sha256.All(char.IsAsciiHexDigit)))
                problems.Add(place, "'sha256' is not 64 hexadecimal digits.");
            if (file.Bytes < 0)
                problems.Add(place, "'bytes' is negative.");
        }

        void File(string? name, string role, bool required)
        {
            if (name is null)
            {
                if (required)
                    problems.Add(where, $"'{role}' is missing: the name of a file.");
            }
            else if (!BundleFiles.IsSafe(name))
            {
                problems.Add(where, $"'{role}' is '{name}', which is not the plain name of a file in the bundle's folder.");
            }
            else if (!roles.TryAdd(name, role))
            {
                problems.Add(where, $"'{role}' and '{roles[name]}' are the same file '{name}'.");
            }
        }
    }

    /// <summary>Checks one tower and gathers the features that it reads.</summary>
    public static TowerFeatures CheckTower(TowerManifest tower, TowerKind kind, BundleProblems problems)
    {
        string where = $"{BundleManifest.FileName}: {kind.PartOf()}";
        bool ofUsers = kind != TowerKind.Item;
        var features = new FeatureDeclarations();
        FeatureDeclarations? itemFeatures = kind == TowerKind.Ranker ? new FeatureDeclarations() : null;
        Unknown(tower.UnknownFields, where, problems);
        if (tower.MaxBatch is < 1)
            problems.Add(where, $"'max_batch' is {tower.MaxBatch}; it can be 1 or more.");
        if (kind != TowerKind.Ranker && tower.Column is not null)
            problems.Add(where, "'column' is for the ranker; a tower's output is the embedding whole.");
        if (tower.Column is < 0 or >= SpecCheck.MaxWidth)
            problems.Add(where, $"'column' is {tower.Column}; it can be 0 to {SpecCheck.MaxWidth - 1}.");
        if (tower.History is not null)
        {
            Unknown(tower.History.UnknownFields, where + ".history", problems);
            HistoryLayout.Check(tower.History, new SpecCheck(problems, where + ".history", ofUsers, tower.History, features));
            if (!ofUsers)
                problems.Add(where, "'history' is for the user tower.");
        }

        if (tower.Inputs is null || tower.Inputs.Count is 0 or > MaxInputs)
            problems.Add(where, $"'inputs' has {tower.Inputs?.Count ?? 0} entries; it can have 1 to {MaxInputs}.");
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < Math.Min(tower.Inputs?.Count ?? 0, MaxInputs); i++)
            CheckInput(tower.Inputs![i], $"{where}.inputs[{i}]", names, new SpecCheck(problems, "", ofUsers, tower.History, features) { ItemFeatures = itemFeatures });
        return new TowerFeatures(tower, features.ToSchema()) { ItemFeatures = itemFeatures?.ToSchema() ?? FeatureSchema.Empty };
    }

    private static void CheckInput(InputManifest? input, string where, HashSet<string> names, SpecCheck check)
    {
        BundleProblems problems = check.Problems;
        if (input is null)
        {
            problems.Add(where, "is null.");
            return;
        }

        Unknown(input.UnknownFields, where, problems);
        if (string.IsNullOrEmpty(input.Name))
            problems.Add(where, "'name' is missing: the name of the graph's input.");
        else if (!names.Add(input.Name))
            problems.Add(where, $"'{input.Name}' is fed twice.");
        if (input.Dtype is not null && !Runtime.ElementTypes.IsName(input.Dtype))
            problems.Add(where, $"'dtype' is '{input.Dtype}'; it can be {Runtime.ElementTypes.Names}.");
        if (input.Shape is not null && (input.Shape.Count is 0 or > MaxShape || input.Shape.Any(size => size is < -1 or > int.MaxValue)))
            problems.Add(where, $"'shape' has 1 to {MaxShape} dimensions, each a size or -1.");
        if (input.Encoder is null)
        {
            problems.Add(where, "'encoder' is missing: what fills the input.");
            return;
        }

        Unknown(input.Encoder.UnknownFields, where + ".encoder", problems);
        SpecCheck inner = check with { Where = $"{where} ('{input.Name}').encoder" };
        input.Encoder.Check(inner.SideOf(input.Encoder));
    }

    private static void Identifier(string? text, string field, bool required, BundleProblems problems)
    {
        if (text is null && required)
            problems.Add(BundleManifest.FileName, $"'{field}' is missing.");
        if (text is not null && !BundleFiles.IsIdentifier(text))
            problems.Add(BundleManifest.FileName, $"'{field}' is '{text}'; it is 1 to 64 letters, digits, '.', '_' and '-', and begins with a letter or digit.");
    }

    private static void Unknown(IDictionary<string, System.Text.Json.JsonElement>? fields, string where, BundleProblems problems)
    {
        foreach (string field in fields?.Keys ?? [])
            problems.Add(where, $"unknown field '{field}'.");
    }
}
