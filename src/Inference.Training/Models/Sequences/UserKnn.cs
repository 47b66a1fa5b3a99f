using System.Collections.Concurrent;
using Inference.Training.Linear;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>
/// What the training users with the most in common have (after V-SKNN: Ludewig and Jannach, "Evaluation of session-based recommendation algorithms", 2018).
/// <list type="number">
/// <item>Likeness of a training user = Σ over common items ½^(age ∕ half-life)·rarity^p, over the length of their list to a power.</item>
/// <item>Take the nearest ones; of equal ones the earlier.</item>
/// <item>score(j) = Σ over those with j of their likeness, less for items far in their list from what is in common.</item>
/// </list>
/// </summary>
public sealed class UserKnn : RankingModel
{
    private readonly ConcurrentBag<Scratch> _scratch = [];
    private readonly RowLists _training;
    private readonly ItemUsers _byItem;
    private readonly UserKnnOptions _options;
    private readonly double[] _rarity;
    private readonly double[] _lengths;
    private readonly int _items;

    /// <param name="training">Item indexes per user, in the order of time. Kept.</param>
    /// <param name="items">Number of items.</param>
    /// <param name="options">How to read them.</param>
    public UserKnn(RowLists training, int items, UserKnnOptions options)
        : this(training, ItemUsers.Of(training, items), items, options)
    {
    }

    private UserKnn(RowLists training, ItemUsers byItem, int items, UserKnnOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Neighbours, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.HalfLife);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.HalfDistance);
        (_training, _byItem, _items, _options) = (training, byItem, items, options);
        _rarity = new double[items];
        for (int item = 0; item < items; item++)
            _rarity[item] = Math.Pow(Math.Log((training.Count + 1.0) / Math.Max(1, byItem.Users[item].Length)), options.RarityPower);
        _lengths = new double[training.Count];
        for (int user = 0; user < _lengths.Length; user++)
            _lengths[user] = Math.Pow(Math.Max(1, training[user].Length), -options.LengthPower);
    }

    public override string Name => "userknn";

    public UserKnnOptions Options => _options;

    /// <summary>The same training users, read in another way.</summary>
    public UserKnn With(UserKnnOptions options) => new(_training, _byItem, _items, options);

    public override void Score(in RankingInput user, Span<double> scores)
    {
        scores.Clear();
        Scratch scratch = _scratch.TryTake(out Scratch? used) ? used : new Scratch(_training.Count);
        int touched = Compare(user.History.Span, scratch);
        int nearest = SelectNearest(scratch, touched);
        for (int i = 0; i < nearest; i++)
            AddItems(scratch.Touched[i], scratch, scores);
        foreach (int other in scratch.Touched.AsSpan(0, touched))
            (scratch.Likeness[other], scratch.Anchor[other], scratch.AnchorWeight[other]) = (0, 0, 0);
        _scratch.Add(scratch);
    }

    /// <returns>Number of training users with something in common.</returns>
    private int Compare(ReadOnlySpan<int> history, Scratch scratch)
    {
        int touched = 0;
        for (int i = history.Length - 1; i >= 0; i--)
        {
            if (history[i] >= _items)
                continue;
            double weight = Math.Pow(0.5, (history.Length - 1 - i) / _options.HalfLife) * _rarity[history[i]];
            ReadOnlySpan<int> users = _byItem.Users[history[i]];
            int first = _byItem.Users.Offsets[history[i]];
            for (int k = 0; k < users.Length; k++)
            {
                int other = users[k];
                if (scratch.AnchorWeight[other] == 0)
                    scratch.Touched[touched++] = other;
                scratch.Likeness[other] += weight * _lengths[other];
                scratch.Anchor[other] += (weight + 1e-9) * _byItem.Positions[first + k];
                scratch.AnchorWeight[other] += weight + 1e-9;
            }
        }

        return touched;
    }

    /// <summary>Brings the nearest users to the front.</summary>
    private int SelectNearest(Scratch scratch, int touched)
    {
        if (touched <= _options.Neighbours)
            return touched;
        double[] likeness = scratch.Likeness;
        scratch.Touched.AsSpan(0, touched).Sort((x, y) => likeness[x] != likeness[y] ? likeness[y].CompareTo(likeness[x]) : x.CompareTo(y));
        return _options.Neighbours;
    }

    private void AddItems(int other, Scratch scratch, Span<double> scores)
    {
        ReadOnlySpan<int> list = _training[other];
        double likeness = scratch.Likeness[other];
        if (double.IsPositiveInfinity(_options.HalfDistance))
        {
            foreach (int item in list)
            {
                if (item < _items)
                    scores[item] += likeness;
            }

            return;
        }

        double anchor = scratch.Anchor[other] / scratch.AnchorWeight[other];
        for (int position = 0; position < list.Length; position++)
        {
            if (list[position] < _items)
                scores[list[position]] += likeness * Math.Pow(0.5, Math.Abs(position - anchor) / _options.HalfDistance);
        }
    }

    private sealed class Scratch(int users)
    {
        public double[] Likeness { get; } = new double[users];

        /// <summary>Weighted sum of the places of common items in the user's list.</summary>
        public double[] Anchor { get; } = new double[users];

        public double[] AnchorWeight { get; } = new double[users];

        public int[] Touched { get; } = new int[users];
    }
}
