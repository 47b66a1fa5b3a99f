using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Fusion;

/// <summary>How <see cref="UserNeighbourSource"/> compares users.</summary>
/// <param name="Neighbours">k: nearest users that speak for items; 1 to <see cref="MostNeighbours"/>.</param>
/// <param name="Decay">What each step into the past is multiplied with; in (0, 1]. The default halves every ten events.</param>
/// <param name="Latest">How many of the latest items count, at least 1; <see cref="int.MaxValue"/> for all.</param>
/// <param name="RarityPower">p: power of an item's rarity; 0 to 4.</param>
/// <param name="LengthPower">q: power of the length of a user's list that likeness is divided by; 0 to 4.</param>
public sealed record UserNeighbourOptions(int Neighbours = 200, float Decay = 0.933033f, int Latest = int.MaxValue, float RarityPower = 1f, float LengthPower = 0.5f)
{
    /// <summary>Most neighbours: each one's list is added up for every request.</summary>
    public const int MostNeighbours = 1_000;
}

/// <summary>
/// What the users with the most in common have (after V-SKNN: Ludewig and Jannach, "Evaluation of session-based recommendation algorithms", 2018).
/// <list type="number">
/// <item>Likeness of a user = Σ over common items decay^age · ln((users + 1) ∕ users with it)^p, over the length of their list to the power q.</item>
/// <item>Take the k nearest; of equal ones the earlier.</item>
/// <item>score(j) = Σ over them of likeness · weight of j in their list.</item>
/// </list>
/// From items to users it goes by an inverted index, which is built from the lists: a request costs as much as the items of its history have users.
/// </summary>
public sealed class UserNeighbourSource : ScoreSource
{
    /// <summary>Most users of a model.</summary>
    public const int MostUsers = 1_000_000;

    private readonly int[] _offsets;
    private readonly int[] _users;
    private readonly float[] _rarity;
    private readonly float[] _scales;

    /// <param name="name">Its name in the model, for example "user_knn".</param>
    /// <param name="lists">Users × items: what each has, and how much it speaks for the item. Any entry counts as common, whatever its weight.</param>
    /// <param name="options">How to compare; null for the defaults.</param>
    /// <param name="isStandardised">See <see cref="ScoreSource.IsStandardised"/>.</param>
    /// <exception cref="ArgumentException">Too many users, or options out of range.</exception>
    public UserNeighbourSource(string name, WeightedLists lists, UserNeighbourOptions? options = null, bool isStandardised = true)
        : base(name, Sources.Neighbours, lists.ColumnCount, isStandardised)
    {
        Options = options ?? new UserNeighbourOptions();
        Lists = lists;
        Check(Options, lists);
        (_offsets, _users) = Invert(lists);
        _rarity = new float[lists.ColumnCount];
        for (int item = 0; item < _rarity.Length; item++)
            _rarity[item] = (float)Math.Pow(Math.Log((lists.RowCount + 1.0) / Math.Max(1, UsersOf(item).Length)), Options.RarityPower);
        _scales = new float[lists.RowCount];
        for (int user = 0; user < _scales.Length; user++)
            _scales[user] = (float)Math.Pow(Math.Max(1, lists.ColumnsOf(user).Length), -Options.LengthPower);
    }

    /// <summary>Users × items.</summary>
    public WeightedLists Lists { get; }

    /// <summary>How users are compared.</summary>
    public UserNeighbourOptions Options { get; }

    internal override bool ReadsHistory => true;

    internal override bool IsSparse => true;

    internal override bool Score(in FusionInput input, FusionScratch scratch, RowsToScore rows, Span<float> scores)
    {
        ReadOnlySpan<ulong> nearest = Nearest(scratch);
        if (nearest.IsEmpty)
            return false;
        scores.Clear();
        foreach (ulong key in nearest)
            rows.Add(Lists, BestRows.RowOf(key), BestRows.ScoreOf(key), scores);
        return true;
    }

    internal override void Propose(in FusionInput input, FusionScratch scratch, int most)
    {
        foreach (ulong key in Nearest(scratch))
        {
            foreach (int row in Lists.ColumnsOf(BestRows.RowOf(key)))
                scratch.Candidates.Add(row);
        }
    }

    private static void Check(UserNeighbourOptions options, WeightedLists lists)
    {
        if (lists.RowCount is 0 or > MostUsers)
            throw new ArgumentException($"There are lists of {lists.RowCount} users; there can be 1 to {MostUsers}.", nameof(lists));
        if (options.Neighbours is < 1 or > UserNeighbourOptions.MostNeighbours)
            throw new ArgumentOutOfRangeException(nameof(options), options.Neighbours, $"There are 1 to {UserNeighbourOptions.MostNeighbours} neighbours.");
        if (!(options.Decay is > 0f and <= 1f))
            throw new ArgumentOutOfRangeException(nameof(options), options.Decay, "A decay is above 0 and at most 1.");
        if (options.Latest < 1)
            throw new ArgumentOutOfRangeException(nameof(options), options.Latest, "At least the latest item counts.");
        if (!(options.RarityPower is >= 0f and <= 4f))
            throw new ArgumentOutOfRangeException(nameof(options), options.RarityPower, "The power of rarity is 0 to 4.");
        if (!(options.LengthPower is >= 0f and <= 4f))
            throw new ArgumentOutOfRangeException(nameof(options), options.LengthPower, "The power of lengths is 0 to 4.");
    }

    private static (int[] Offsets, int[] Users) Invert(WeightedLists lists)
    {
        int[] offsets = new int[lists.ColumnCount + 1];
        foreach (int item in lists.Columns)
            offsets[item + 1]++;
        for (int item = 0; item < lists.ColumnCount; item++)
            offsets[item + 1] += offsets[item];
        int[] next = offsets[..^1], users = new int[lists.Columns.Length];
        for (int user = 0; user < lists.RowCount; user++)
        {
            foreach (int item in lists.ColumnsOf(user))
                users[next[item]++] = user;
        }

        return (offsets, users);
    }

    private ReadOnlySpan<int> UsersOf(int item) => _users.AsSpan(_offsets[item], _offsets[item + 1] - _offsets[item]);

    /// <summary>Searches, once per run.</summary>
    private ReadOnlySpan<ulong> Nearest(FusionScratch scratch)
    {
        NearestUsers nearest = scratch.NearestUsersOf(this, out bool isKnown);
        if (isKnown)
            return nearest.Keys;
        nearest.Begin(Lists.RowCount);
        ReadOnlySpan<int> latest = scratch.Latest;
        float factor = 1f;
        foreach (int item in latest.Length > Options.Latest ? latest[..Options.Latest] : latest)
        {
            float part = factor * _rarity[item];
            // After a thousand steps nothing is left of a factor.
            if (part > 0f)
                nearest.Add(UsersOf(item), part);
            factor *= Options.Decay;
        }

        nearest.Select(Options.Neighbours, _scales);
        return nearest.Keys;
    }
}
