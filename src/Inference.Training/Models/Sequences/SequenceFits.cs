using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>Fits <see cref="SequenceKnn"/> with one set of options after another and repeats only what changed: counting takes longest, the half-life of the history nothing. One thread.</summary>
/// <param name="training">Item indexes per user, in the order of time.</param>
/// <param name="items">Number of items.</param>
/// <param name="baskets">Item indexes per basket; null where the data has none.</param>
internal sealed class SequenceFits(RowLists training, int items, RowLists? baskets)
{
    private SequenceKnnOptions? _counted;
    private SequencePairs? _pairs;
    private SequenceKnn? _fitted;

    public SequenceKnn Fit(SequenceKnnOptions options)
    {
        if (_fitted is not null && _fitted.Options with { HalfLife = options.HalfLife } == options)
            return _fitted.With(options.HalfLife);
        if (_pairs is null || _counted! with { HalfLife = options.HalfLife, Neighbours = options.Neighbours, Alpha = options.Alpha, Shrink = options.Shrink } != options)
            (_counted, _pairs) = (options, SequencePairs.Count(training, items, baskets, options));
        return _fitted = SequenceKnn.Fit(_pairs, options);
    }
}
