using Inference.Training.Linear;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation.Entrants;

/// <summary>Which items go together, counted once for all models that are made of it. For one thread.</summary>
internal sealed class GramCache
{
    private ColdSplit? _split;
    private SparseGram? _gram;

    public SparseGram Of(ColdSplit split)
    {
        if (_gram is null || _split != split)
            (_split, _gram) = (split, SparseGram.Of(split.Training, split.Items.TrainingCount));
        return _gram;
    }
}
