using Inference.Training.Splits;

namespace Inference.Training.Models.Tuning;

/// <summary>Tunes <see cref="SequenceKnn"/> and <see cref="UserKnn"/>, each once for users with few events and once for training users, parameter by parameter.</summary>
public static class SequenceTuning
{
    private const double Never = double.PositiveInfinity;

    /// <param name="goals">What is wanted.</param>
    /// <param name="baskets">Item indexes per basket; null where the data has none.</param>
    public static TunedModel Items(TuningGoals goals, RowLists? baskets)
    {
        var fits = new SequenceFits(goals.Split, baskets);
        List<Func<SequenceKnnOptions, IEnumerable<SequenceKnnOptions>>> axes =
        [
            static point => ((double[])[2, 5, 15, 50, Never]).Select(value => point with { HalfLife = value }),
            static point => ((int[])[100, 400, 5000]).Select(value => point with { Neighbours = value }),
            static point => ((double[])[0.5, 0.7, 0.9]).Select(value => point with { Alpha = value }),
            static point => ((double[])[0.05, 0.2, 1]).Select(value => point with { SetWeight = value }),
            static point => ((double[])[1, 3, 10]).Select(value => point with { HalfDistance = value }),
            static point => ((double[])[0.3, 1]).Select(value => point with { Backward = value }),
            static point => ((double[])[5, 20, 100]).Select(value => point with { Shrink = value }),
            static point => ((double[])[0.5, 0.7, 0.9]).Select(value => point with { Alpha = value }),
        ];
        if (baskets is not null)
            axes.Insert(4, static point => ((double[])[0, 0.5, 2]).Select(value => point with { BasketWeight = value }));
        double basket = baskets is null ? 0 : 0.5;
        (SequenceKnnOptions few, double fewWorth) = CoordinateSearch.Run(
            new SequenceKnnOptions { SetWeight = 1, Neighbours = 5000, Alpha = 0.7, BasketWeight = basket }, axes, point => goals.FewShots(fits.Fit(point)), rounds: 1);
        (SequenceKnnOptions warm, double warmWorth) = CoordinateSearch.Run(
            new SequenceKnnOptions { SetWeight = 0.05, Neighbours = 100, HalfLife = 50, BasketWeight = basket }, axes, point => goals.Warm(fits.Fit(point)), rounds: 1);
        return new TunedModel("sequence_knn", fits.Fit(few), fits.Fit(warm), NeedsEvents: true, new Dictionary<string, object?> { ["few"] = Describe(few), ["warm"] = Describe(warm) })
        {
            FewShotNdcg = fewWorth,
            WarmNdcg = warmWorth,
        };
    }

    /// <param name="goals">What is wanted.</param>
    public static TunedModel Users(TuningGoals goals)
    {
        var users = new UserKnn(goals.Split.Training, goals.Split.Items.TrainingCount, new UserKnnOptions());
        List<Func<UserKnnOptions, IEnumerable<UserKnnOptions>>> axes =
        [
            static point => ((int[])[50, 100, 200, 500, 1500]).Select(value => point with { Neighbours = value }),
            static point => ((double[])[1, 2, 3, 5, 10, 30, 100, Never]).Select(value => point with { HalfLife = value }),
            static point => ((double[])[0, 0.5, 1, 2]).Select(value => point with { RarityPower = value }),
            static point => ((double[])[0.25, 0.5, 0.75, 1]).Select(value => point with { LengthPower = value }),
            static point => ((double[])[10, 30, 100, Never]).Select(value => point with { HalfDistance = value }),
        ];
        (UserKnnOptions few, double fewWorth) = CoordinateSearch.Run(new UserKnnOptions(), axes, point => goals.FewShots(users.With(point)), rounds: 2);
        (UserKnnOptions warm, double warmWorth) = CoordinateSearch.Run(new UserKnnOptions { HalfLife = Never }, axes, point => goals.Warm(users.With(point)), rounds: 2);
        return new TunedModel("userknn", users.With(few), users.With(warm), NeedsEvents: true, new Dictionary<string, object?> { ["few"] = Describe(few), ["warm"] = Describe(warm) })
        {
            FewShotNdcg = fewWorth,
            WarmNdcg = warmWorth,
        };
    }

    /// <summary>Fits one point after another and repeats only what changed: counting takes longest, the half-life of the history nothing.</summary>
    private sealed class SequenceFits(ColdSplit split, RowLists? baskets)
    {
        private SequenceKnnOptions? _counted;
        private SequencePairs? _pairs;
        private SequenceKnn? _fitted;

        public SequenceKnn Fit(SequenceKnnOptions options)
        {
            if (_fitted is not null && _fitted.Options with { HalfLife = options.HalfLife } == options)
                return _fitted.With(options.HalfLife);
            if (_pairs is null || _counted! with { HalfLife = options.HalfLife, Neighbours = options.Neighbours, Alpha = options.Alpha, Shrink = options.Shrink } != options)
                (_counted, _pairs) = (options, SequencePairs.Count(split.Training, split.Items.TrainingCount, baskets, options));
            return _fitted = SequenceKnn.Fit(_pairs, options);
        }
    }

    private static Dictionary<string, object?> Describe(SequenceKnnOptions options) => new()
    {
        ["set_weight"] = options.SetWeight,
        ["half_distance"] = options.HalfDistance,
        ["backward"] = options.Backward,
        ["basket_weight"] = options.BasketWeight,
        ["alpha"] = options.Alpha,
        ["shrink"] = options.Shrink,
        ["k"] = options.Neighbours,
        ["half_life"] = Finite(options.HalfLife),
    };

    private static Dictionary<string, object?> Describe(UserKnnOptions options) => new()
    {
        ["k"] = options.Neighbours,
        ["half_life"] = Finite(options.HalfLife),
        ["rarity_power"] = options.RarityPower,
        ["length_power"] = options.LengthPower,
        ["half_distance"] = Finite(options.HalfDistance),
    };

    /// <summary>JSON has no infinity: null.</summary>
    private static object? Finite(double value) => double.IsFinite(value) ? value : null;
}
