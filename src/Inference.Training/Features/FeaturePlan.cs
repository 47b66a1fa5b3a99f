using Inference.Recommendations.Features;
using Inference.Towers.Encoders;
using Inference.Training.Data;
using Inference.Training.Splits;

namespace Inference.Training.Features;

/// <summary>
/// How the columns of users and items become inputs of models, decided from training users and the training catalogue alone, and the same at serving time: the codes are made by the encoders that
/// go into the bundle's manifest, from the plain features that go into its files.
/// <list type="number">
/// <item>Users: categories and small whole numbers by vocabulary, other numbers and the hour of timestamps by buckets, weekdays. What has too few training users is unknown (0).</item>
/// <item>Items: categories multi-hot, numbers one-hot by quantile, words of texts hashed, and the first characters of the id where they group items. Times are left out.</item>
/// </list>
/// </summary>
public sealed class FeaturePlan
{
    private const string PrefixText = "id:";

    private readonly EntityTable _users;
    private readonly EntityTable _items;
    private readonly IReadOnlyList<PlainFeature> _userFeatures;
    private readonly IReadOnlyList<PlainFeature> _itemFeatures;
    private readonly ItemVectors? _itemVectors;

    private FeaturePlan(FeaturePlan other, FeatureDecision decision)
    {
        (_users, _items, _userFeatures, _itemFeatures, _itemVectors) = (other._users, other._items, other._userFeatures, other._itemFeatures, other._itemVectors);
        (UserEncoders, UserEncoder, ItemDenseEncoder, IdPrefixLength, ItemTokensEncoder) = (other.UserEncoders, other.UserEncoder, other.ItemDenseEncoder, other.IdPrefixLength, other.ItemTokensEncoder);
        (Contexts, Traits, TermNames) = (other.Contexts, other.Traits, other.TermNames);
        Decisions = [.. other.Decisions, decision];
    }

    private FeaturePlan(EntityTable users, EntityTable items, ColdSplit split, UserFieldPlanner userPlan, ItemColumnPlanner itemPlan, FeatureOptions options)
    {
        _users = users;
        _items = items;
        _userFeatures = userPlan.Features;
        _itemFeatures = itemPlan.Features;
        _itemVectors = options.ItemVectors;
        if (_itemVectors is not null)
            itemPlan.Dense.Add(new NumberListSpec { Feature = _itemVectors.Feature, Length = _itemVectors.Width });
        UserEncoders = userPlan.Encoders;
        UserEncoder = userPlan.Encoders.Count == 0 ? null : new ColumnsSpec { Columns = userPlan.Encoders };
        ItemDenseEncoder = itemPlan.Dense.Count == 0 ? null : new ColumnsSpec { Columns = itemPlan.Dense };
        IdPrefixLength = options.IdPrefix ? IdPrefixRule.Find(split, out double lift) : NoPrefix(out lift);
        ItemTokensEncoder = TokensEncoder(itemPlan.Texts, options);
        Decisions =
        [
            .. userPlan.Decisions,
            .. itemPlan.Decisions,
            new FeatureDecision("items", "id", IdPrefixLength > 0, IdPrefixLength > 0 ? $"first {IdPrefixLength} characters as a token, lift {lift:0.00}" : double.IsNaN(lift) ? "no prefix groups items" : $"no prefix groups items, lift {lift:0.00}"),
        ];
        Contexts = MakeContexts(userPlan.Fields);
        (Traits, TermNames) = MakeTraits(split.Items, itemPlan, options);
    }

    /// <summary>Every user of the table with their codes; fields only where the table has useful columns.</summary>
    public UserContexts Contexts { get; }

    /// <summary>Every item of the split.</summary>
    public ItemTraits Traits { get; }

    /// <summary>Terms of <see cref="ItemTraits.Terms"/> by number, for people: words as they are, "column=category", "column#bucket", "id:prefix".</summary>
    public IReadOnlyList<string> TermNames { get; }

    /// <summary>Per field of <see cref="Contexts"/> the encoder that makes its code.</summary>
    public IReadOnlyList<EncoderSpec> UserEncoders { get; }

    /// <summary>The encoder of all fields side by side, [batch, fields] of whole numbers; null without fields.</summary>
    public ColumnsSpec? UserEncoder { get; }

    /// <summary>The encoder of <see cref="ItemTraits.Dense"/>, [batch, <see cref="ItemTraits.DenseWidth"/>] of real numbers; null where that is 0.</summary>
    public ColumnsSpec? ItemDenseEncoder { get; }

    /// <summary>The encoder of <see cref="ItemTraits.Tokens"/>, [batch, <see cref="TokenLength"/>] of whole numbers, 0 for padding (also between texts); null where no item has a token.</summary>
    public EncoderSpec? ItemTokensEncoder { get; }

    /// <summary>Number of token ids per item at serving time, padding included.</summary>
    public int TokenLength => ItemTokensEncoder?.Width ?? 0;

    /// <summary>How many first characters of an item's id are a token; 0 for none.</summary>
    public int IdPrefixLength { get; }

    /// <summary>What became of every column.</summary>
    public IReadOnlyList<FeatureDecision> Decisions { get; private init; }

    /// <summary>Decides.</summary>
    /// <param name="users">Users; those that are not training users are not looked at.</param>
    /// <param name="items">Items; those that are not in the training catalogue are not looked at.</param>
    /// <param name="split">Says which are.</param>
    /// <param name="options">How; null for the defaults.</param>
    public static FeaturePlan Decide(EntityTable users, EntityTable items, ColdSplit split, FeatureOptions? options = null)
    {
        options ??= new FeatureOptions();
        var userPlan = new UserFieldPlanner(users, RowsOf(users, split.TrainingUserIds, split.TrainingUserIds.Count), options);
        userPlan.Plan();
        var itemPlan = new ItemColumnPlanner(items, RowsOf(items, split.Items.Ids, split.Items.TrainingCount), options);
        itemPlan.Plan();
        return new FeaturePlan(users, items, split, userPlan, itemPlan, options);
    }

    /// <summary>The same plan, with one more decision to tell of.</summary>
    public FeaturePlan With(FeatureDecision decision) => new(this, decision);

    /// <summary>The plain features of a user, for users.jsonl and requests; empty for one that the table does not have.</summary>
    public IReadOnlyDictionary<string, FeatureValue> UserFeatures(string userId) => PlainFeature.Read(_userFeatures, _users.Find(userId));

    /// <summary>The plain features of an item, for items.jsonl; empty for one that the table does not have.</summary>
    public IReadOnlyDictionary<string, FeatureValue> ItemFeatures(string itemId) => ReadItem(itemId);

    private Dictionary<string, FeatureValue> ReadItem(string itemId)
    {
        Dictionary<string, FeatureValue> features = PlainFeature.Read(_itemFeatures, _items.Find(itemId));
        if (_itemVectors is not null && _itemVectors.ById.TryGetValue(itemId, out IReadOnlyList<double>? vector))
            features[_itemVectors.Feature] = FeatureValue.Of(vector);
        return features;
    }

    private static int NoPrefix(out double lift)
    {
        lift = double.NaN;
        return 0;
    }

    private static int[] RowsOf(EntityTable table, IReadOnlyList<string> ids, int count)
    {
        var rows = new List<int>(count);
        for (int i = 0; i < count; i++)
        {
            int row = table.Find(ids[i]);
            if (row >= 0)
                rows.Add(row);
        }

        return [.. rows];
    }

    private EncoderSpec? TokensEncoder(List<(PlainFeature Feature, int Words)> texts, FeatureOptions options)
    {
        PrefixTokenSpec? prefix = IdPrefixLength == 0 ? null : new PrefixTokenSpec { Text = PrefixText, ItemIdCharacters = IdPrefixLength };
        if (texts.Count == 0)
        {
            // The encoder wants a feature; none of this name is ever sent, and the prefix goes without.
            return prefix is null ? null : new HashedTokensSpec { Feature = "text", Buckets = options.TokenBuckets, Length = 1, FirstId = 1, Pad = 0, Prefix = prefix };
        }

        var encoders = new EncoderSpec[texts.Count];
        for (int i = 0; i < encoders.Length; i++)
        {
            PrefixTokenSpec? own = i == 0 ? prefix : null;
            encoders[i] = new HashedTokensSpec
            {
                Feature = texts[i].Feature.Name,
                Buckets = options.TokenBuckets,
                Length = texts[i].Words + (own is null ? 0 : 1),
                FirstId = 1,
                Pad = 0,
                Prefix = own,
            };
        }

        return encoders.Length == 1 ? encoders[0] : new ColumnsSpec { Columns = encoders };
    }

    private UserContexts MakeContexts(List<ContextField> fields)
    {
        if (UserEncoder is null)
            return new UserContexts([], _users.ToIds(), []);
        var codes = new int[checked(_users.Count * fields.Count)];
        InputEncoder<int> encoder = UserEncoder.Create<int>(fields.Count, WithoutScope);
        for (int row = 0; row < _users.Count; row++)
            encoder.Encode(new TowerRow(new FeatureSet(PlainFeature.Read(_userFeatures, row)), default, null), codes.AsSpan(row * fields.Count, fields.Count));
        return new UserContexts(fields, _users.ToIds(), codes);
    }

    private (ItemTraits Traits, string[] TermNames) MakeTraits(SplitItems items, ItemColumnPlanner plan, FeatureOptions options)
    {
        int width = ItemDenseEncoder?.Width ?? 0;
        var dense = new float[checked(items.Count * width)];
        InputEncoder<float>? denseEncoder = ItemDenseEncoder?.Create<float>(width, WithoutScope);
        InputEncoder<int>? tokensEncoder = ItemTokensEncoder?.Create<int>(TokenLength, WithoutScope);
        var tokens = new List<IReadOnlyList<int>>(items.Count);
        var terms = new ContentTerms();
        int[] padded = new int[TokenLength];
        for (int item = 0; item < items.Count; item++)
        {
            string id = items.Ids[item];
            Dictionary<string, FeatureValue> features = ReadItem(id);
            var input = new TowerRow(new FeatureSet(features), default, id);
            denseEncoder?.Encode(input, dense.AsSpan(item * width, width));
            tokensEncoder?.Encode(input, padded);
            tokens.Add(Array.FindAll(padded, token => token != 0));
            AddTerms(terms.AddItem(), id, features, plan);
        }

        (RowLists lists, float[] weights, string[] names) = terms.Weigh(items.TrainingCount);
        if (_itemVectors is not null)
            (lists, weights, names) = AppendVectors(items, lists, weights, names);
        return (new ItemTraits(items.Count, dense, width, RowLists.Of(tokens), options.TokenBuckets, lists, weights, names.Length) { DenseNames = DenseNamesOf(plan.Dense) }, names);
    }

    /// <summary>Components of the vectors as further terms, so that ridges see them, too: each vector as long as the terms of its item.</summary>
    private (RowLists Terms, float[] Weights, string[] Names) AppendVectors(SplitItems items, RowLists terms, float[] weights, string[] names)
    {
        var lists = new List<IReadOnlyList<int>>(items.Count);
        var all = new List<float>(weights.Length);
        for (int item = 0; item < items.Count; item++)
        {
            var list = new List<int>();
            list.AddRange(terms[item]);
            all.AddRange(weights.AsSpan(terms.Offsets[item], list.Count));
            IReadOnlyList<double> vector = _itemVectors!.ById.GetValueOrDefault(items.Ids[item]) ?? [];
            for (int i = 0; i < vector.Count; i++)
            {
                list.Add(names.Length + i);
                all.Add((float)vector[i]);
            }

            lists.Add(list);
        }

        return (RowLists.Of(lists), [.. all], [.. names, .. Enumerable.Range(0, _itemVectors!.Width).Select(i => $"{_itemVectors.Feature}[{i}]")]);
    }

    /// <summary>Buckets by their rank among all: the cheapest third of a catalogue means the same in another one.</summary>
    private static List<string> DenseNamesOf(List<EncoderSpec> encoders)
    {
        var names = new List<string>();
        foreach (EncoderSpec encoder in encoders)
        {
            switch (encoder)
            {
                case MultiHotSpec categories:
                    names.AddRange(categories.Values!.Select(value => $"{categories.Feature}={value}"));
                    break;
                case BucketsSpec buckets:
                    names.AddRange(Enumerable.Range(0, buckets.Boundaries!.Count + 1).Select(bucket => $"{buckets.Feature}#{bucket}/{buckets.Boundaries.Count + 1}"));
                    break;
                default:
                    names.AddRange(Enumerable.Repeat("", encoder.Width ?? 0));
                    break;
            }
        }

        return names;
    }

    private void AddTerms(Dictionary<string, int> terms, string id, Dictionary<string, FeatureValue> features, ItemColumnPlanner plan)
    {
        if (IdPrefixLength > 0)
            ContentTerms.Count(terms, PrefixText + id[..Math.Min(IdPrefixLength, id.Length)]);
        for (int i = 0; i < plan.DenseFeatures.Count; i++)
        {
            string name = plan.DenseFeatures[i].Name;
            if (!features.TryGetValue(name, out FeatureValue value))
                continue;
            if (plan.Dense[i] is BucketsSpec buckets)
            {
                double number = value.Kind == FeatureKind.Integer ? value.Integer : value.Number;
                ContentTerms.Count(terms, $"{name}#{BucketsSpec.BucketOf([.. buckets.Boundaries!], number, right: false)}");
            }
            else if (value.Kind == FeatureKind.Text)
            {
                ContentTerms.Count(terms, $"{name}={value.Text}");
            }
            else
            {
                foreach (string category in value.TextList)
                    ContentTerms.Count(terms, $"{name}={category}");
            }
        }

        var words = new List<string>();
        foreach ((PlainFeature text, _) in plan.Texts)
        {
            if (features.TryGetValue(text.Name, out FeatureValue value))
                Words.Split(value.Text, words);
        }

        foreach (string word in words)
            ContentTerms.Count(terms, word);
    }

    /// <summary>No encoder of a plan asks for the catalogue or for histories.</summary>
    private static EncoderScope WithoutScope => null!;
}
