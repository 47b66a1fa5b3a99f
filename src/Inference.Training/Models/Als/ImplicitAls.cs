using System.Collections.Concurrent;
using System.Numerics.Tensors;
using Inference.Training.Chance;
using Inference.Training.Linear;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>
/// Factors of users and items from what was seen, weight 1, and what was not, weight a₀ (Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets", 2008), by
/// alternating least squares with a penalty that grows with the weight of a row.
/// <list type="number">
/// <item>Start from small random item factors, or from given ones.</item>
/// <item>In turn solve all users with the items fixed: x = (a₀YᵀY + Σ yyᵀ + ρI)⁻¹ Σ y, ρ = λ(n + a₀·items), and all items with the users fixed.</item>
/// <item>A user is scored by folding in: the first equation, for the history at hand.</item>
/// </list>
/// In float. The same seed gives the same bits, whatever the number of cores.
/// </summary>
public sealed class ImplicitAls : RankingModel
{
    private readonly ConcurrentBag<SmallSpdSolver<float>> _solvers = [];
    private readonly AlsOptions _options;
    private readonly float[] _gram;

    private ImplicitAls(AlsOptions options, float[] itemFactors, float[] userFactors)
    {
        _options = options;
        ItemFactors = itemFactors;
        UserFactors = userFactors;
        Items = itemFactors.Length / options.Dimension;
        _gram = AlsRows.Gram(itemFactors, options.Dimension, options.UnseenWeight);
    }

    public override string Name => "ials";

    public int Dimension => _options.Dimension;

    /// <summary>Items of the training catalogue.</summary>
    public int Items { get; }

    /// <summary>Items × dimension, row-major.</summary>
    public float[] ItemFactors { get; }

    /// <summary>Training users × dimension, row-major: their lists folded into <see cref="ItemFactors"/>.</summary>
    public float[] UserFactors { get; }

    /// <param name="training">Item indexes per user.</param>
    /// <param name="items">Number of items; lists hold lower indexes only.</param>
    /// <param name="options">How to fit.</param>
    /// <param name="start">Item factors to start from, items × dimension, for instance of an earlier fit: then a few iterations do. Null for random ones.</param>
    /// <param name="cancellationToken">Stops between half rounds.</param>
    public static ImplicitAls Fit(RowLists training, int items, AlsOptions options, ReadOnlyMemory<float>? start = null, CancellationToken cancellationToken = default)
    {
        options.Check();
        if (start is { } given && given.Length != (long)items * options.Dimension)
            throw new ArgumentException($"{given.Length} numbers are not {items} factors of length {options.Dimension}.", nameof(start));
        float[] itemFactors = start?.ToArray() ?? Draw(items, options);
        float[] userFactors = new float[training.Count * options.Dimension];
        RowLists byItem = ItemUsers.Of(training, items).Users;
        for (int round = 0; round < options.Iterations; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            AlsRows.Solve(training, itemFactors, userFactors, options);
            cancellationToken.ThrowIfCancellationRequested();
            AlsRows.Solve(byItem, userFactors, itemFactors, options);
        }

        AlsRows.Solve(training, itemFactors, userFactors, options);
        return new ImplicitAls(options, itemFactors, userFactors);
    }

    /// <summary>The factor of a user with this history.</summary>
    /// <param name="history">Item indexes; those that were not fitted do not count.</param>
    /// <param name="user">Receives <see cref="Dimension"/> numbers; zeros for an empty history.</param>
    public void FoldIn(ReadOnlySpan<int> history, Span<float> user)
    {
        ReadOnlySpan<int> known = KnownItems.Of(history, Items);
        SmallSpdSolver<float> solver = Rent();
        AlsRows.Solve(solver, _gram, ItemFactors, known, AlsRows.Ridge(_options, known.Length, Items), user);
        _solvers.Add(solver);
    }

    /// <summary>The factor of a user of whom something is believed beforehand: u = (a₀VᵀV + YᵀY + λI)⁻¹ (Yᵀ1 + (λI + a₀VᵀV) m).</summary>
    /// <param name="history">Item indexes Y; those that were not fitted do not count.</param>
    /// <param name="mean">m: the factor of the user before anything was seen.</param>
    /// <param name="precision">λ: how firmly that is believed; above 0.</param>
    /// <param name="user">Receives <see cref="Dimension"/> numbers; <paramref name="mean"/> for an empty history.</param>
    public void FoldIn(ReadOnlySpan<int> history, ReadOnlySpan<float> mean, double precision, Span<float> user)
    {
        ReadOnlySpan<int> known = KnownItems.Of(history, Items);
        TensorPrimitives.Multiply(mean, (float)precision, user);
        for (int i = 0; i < Dimension; i++)
            user[i] += TensorPrimitives.Dot(_gram.AsSpan(i * Dimension, Dimension), mean);
        AlsRows.AddSeen(ItemFactors, known, user);
        SmallSpdSolver<float> solver = Rent();
        solver.Begin(_gram);
        solver.AddRows(ItemFactors, known);
        solver.Solve((float)precision, user);
        _solvers.Add(solver);
    }

    public override void Score(in RankingInput user, Span<double> scores)
    {
        Span<float> factor = stackalloc float[Dimension];
        FoldIn(user.History.Span, factor);
        ScoreFactor(factor, scores);
    }

    /// <summary>Scores the catalogue for a user's factor.</summary>
    public void ScoreFactor(ReadOnlySpan<float> user, Span<double> scores)
    {
        for (int item = 0; item < Items; item++)
            scores[item] = TensorPrimitives.Dot(user, ItemFactors.AsSpan(item * Dimension, Dimension));
    }

    private SmallSpdSolver<float> Rent() => _solvers.TryTake(out SmallSpdSolver<float>? solver) ? solver : new SmallSpdSolver<float>(Dimension);

    private static float[] Draw(int items, AlsOptions options)
    {
        float[] factors = new float[items * options.Dimension];
        var random = new SeededRandom(options.Seed);
        for (int item = 0; item < items; item++)
            random.FillGaussian(factors.AsSpan(item * options.Dimension, options.Dimension), 0.1);
        return factors;
    }
}
