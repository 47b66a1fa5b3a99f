using Inference.Training.Data;
using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation;

/// <summary>What models are made of and judged on.</summary>
/// <param name="Dataset">Name of the data set.</param>
/// <param name="Data">The data folder: events with their times, users, items.</param>
/// <param name="Split">Its parts.</param>
/// <param name="Features">What is made of the columns of users and items.</param>
/// <param name="Judge">Judges, also while tuning.</param>
/// <param name="Groupings">Groups of items whose exposure is measured.</param>
/// <param name="Seed">Of everything that is chance.</param>
public sealed record EvaluationInputs(string Dataset, DataFolder Data, ColdSplit Split, FeaturePlan Features, Judge Judge, IReadOnlyList<ItemGrouping> Groupings, ulong Seed)
{
    public UserContexts Contexts => Features.Contexts;

    /// <summary>Contexts where they say something, for models that cannot do without.</summary>
    public bool HasContexts => Features.Contexts.Fields.Count > 0;

    public static EvaluationInputs Of(string dataset, DataFolder data, ColdSplit split, ulong seed, int? threads = null) => new(
        dataset, data, split, FeaturePlan.Decide(data.Users, data.Items, split), new Judge(split, ItemProperties.Content(data.Items, split.Items), threads),
        [ItemGrouping.ByPopularity(split.Items), .. ItemProperties.Groupings(data.Items, split.Items)], seed);
}
