using Inference.Training.Chance;
using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.TwoTower;

/// <summary>
/// Ranks for users of the validation part with the weights as they are. Candidates and exclusions are those of the protocol; of training users, an even choice of at most <see cref="MostUsers"/> is enough to choose by, of unseen
/// users a draw of at most <see cref="MostUnseenUsers"/>.
/// </summary>
internal sealed class ValidationScore
{
    /// <summary>More of them would make every validation longer, and hardly tell more.</summary>
    internal const int MostUnseenUsers = 3_000;

    private const int MostUsers = 600;
    private const int Depth = 10;

    /// <summary>Scores that are in memory at a time, at most: 256 MB.</summary>
    private const long MostScores = 1L << 26;

    private readonly TowerWeights _weights;
    private readonly Lanes _lanes;
    private readonly UserPass _users;
    private readonly ItemPass _items;
    private readonly int[] _all;
    private readonly int _trainingItems;
    private readonly Range _coldItems;
    private readonly List<Part> _fewShot = [];
    private readonly Part? _warm;
    private readonly Part? _cold;
    private float[] _scores = [];
    private float[] _turned = [];

    public ValidationScore(TowerWeights weights, ContentMatrix content, ColdSplit split, UserContexts contexts, ulong seed, Lanes lanes)
    {
        _weights = weights;
        _lanes = lanes;
        _users = new UserPass(weights, content, lanes);
        _items = new ItemPass(weights, content, content.Items, lanes);
        _trainingItems = split.Items.TrainingCount;
        _coldItems = split.Items.ColdValidation;
        _all = new int[content.Items];
        for (int i = 0; i < _all.Length; i++)
            _all[i] = i;

        int history = weights.Sizes.MaxHistory;
        if (split.Validation.Count > 0)
        {
            int[] unseen = Unseen(split.Validation.Count, seed);
            foreach (int shots in FewShotUsers.Shots)
                _fewShot.Add(PartOf(unseen, split.Validation.UserIds, user => split.Validation.Support.Slice(user)[..Math.Min(shots, split.Validation.Support[user].Length)], split.Validation.Support, split.Validation.Targets, contexts, history));
        }

        _warm = Training(split, split.WarmValidation, contexts, history);
        _cold = Training(split, split.ColdItemsValidation, contexts, history);
    }

    public bool IsEmpty => _fewShot.Count == 0 && _warm is null && _cold is null;

    /// <param name="areItemsKnown">Whether the item tower has the weights of the measurement before, so that its vectors still stand.</param>
    public TwoTowerQuality Measure(bool areItemsKnown = false)
    {
        if (!areItemsKnown)
            _items.Forward(_all, default);
        double[] few = new double[_fewShot.Count];
        for (int i = 0; i < few.Length; i++)
            few[i] = Mean(_fewShot[i], .._trainingItems);
        return new TwoTowerQuality(few, _warm is { } warm ? Mean(warm, .._trainingItems) : double.NaN, _cold is { } cold ? Mean(cold, _coldItems) : double.NaN);
    }

    /// <summary>Which of the unseen users are asked, ascending.</summary>
    internal static int[] Unseen(int count, ulong seed)
    {
        int[] users = [.. Enumerable.Range(0, count)];
        if (count <= MostUnseenUsers)
            return users;
        new SeededRandom(seed, 4_000_000_000UL).Shuffle(users.AsSpan());
        users = users[..MostUnseenUsers];
        Array.Sort(users);
        return users;
    }

    private static Part? Training(ColdSplit split, RowLists targets, UserContexts contexts, int maxHistory)
    {
        int[] users = [.. Enumerable.Range(0, targets.Count).Where(user => targets[user].Length > 0)];
        if (users.Length > MostUsers)
            users = [.. Enumerable.Range(0, MostUsers).Select(i => users[(int)((long)i * users.Length / MostUsers)])];
        return users.Length == 0 ? null : PartOf(users, split.TrainingUserIds, user => split.Training.Slice(user), split.Training, targets, contexts, maxHistory);
    }

    private static Part PartOf(int[] users, IReadOnlyList<string> ids, Func<int, ReadOnlyMemory<int>> history, RowLists excluded, RowLists targets, UserContexts contexts, int maxHistory)
    {
        int fields = contexts.Fields.Count;
        int[] codes = new int[users.Length * fields];
        for (int row = 0; row < users.Length; row++)
        {
            if (contexts.Find(ids[users[row]]) is var place and >= 0)
                contexts[place].CopyTo(codes.AsSpan(row * fields, fields));
        }

        return new Part(users, UserBatch.Of([.. users.Select(history)], codes, maxHistory), excluded, targets);
    }

    private double Mean(Part part, Range candidates)
    {
        int d = _weights.Sizes.Dimension, users = part.Users.Length;
        (int first, int count) = candidates.GetOffsetAndLength(_all.Length);
        int columns = FloatProduct.PaddedColumns(count);
        _users.Forward(part.Batch);
        int block = BlockOf(users, columns);
        _scores = _scores.Length >= block * columns ? _scores : new float[block * columns];
        _turned = _turned.Length >= d * columns ? _turned : new float[d * columns];
        FloatProduct.Transpose(_items.Vectors.AsSpan(first * d, count * d), count, d, _turned, columns);
        double[] values = new double[users];
        for (int start = 0; start < users; start += block)
        {
            int begin = start, rows = Math.Min(block, users - start);
            FloatProduct.Multiply(FloatView.RowMajor(_users.Vectors, d, begin * d), FloatView.RowMajor(_turned, columns), FloatView.RowMajor(_scores, columns), rows, d, columns, add: false, _lanes);
            _lanes.Run(rows, row => values[begin + row] = Ndcg(_scores.AsSpan(row * columns, count), first, part.Excluded[part.Users[begin + row]], part.Targets[part.Users[begin + row]]));
        }

        return values.Average();
    }

    /// <summary>How many users are scored at a time: all, where that is not too much.</summary>
    internal static int BlockOf(int users, int columns) => (int)Math.Clamp(MostScores / columns, 1, users);

    private static double Ndcg(Span<float> scores, int firstItem, ReadOnlySpan<int> excluded, ReadOnlySpan<int> targets)
    {
        foreach (int item in excluded)
        {
            if (item >= firstItem && item - firstItem < scores.Length)
                scores[item - firstItem] = float.NegativeInfinity;
        }

        Span<int> top = stackalloc int[Depth];
        int filled = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (filled == Depth && !(scores[i] > scores[top[Depth - 1]]))
                continue;
            int place = filled < Depth ? filled++ : Depth - 1;
            for (; place > 0 && scores[i] > scores[top[place - 1]]; place--)
                top[place] = top[place - 1];
            top[place] = i;
        }

        double gain = 0, ideal = 0;
        for (int rank = 0; rank < filled; rank++)
        {
            double discount = 1 / Math.Log2(rank + 2);
            ideal += rank < targets.Length ? discount : 0;
            gain += targets.Contains(firstItem + top[rank]) ? discount : 0;
        }

        return ideal > 0 ? gain / ideal : 0;
    }

    private sealed record Part(int[] Users, UserBatch Batch, RowLists Excluded, RowLists Targets);
}
