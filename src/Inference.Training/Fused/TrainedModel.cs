using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Training.TwoTower;
using Inference.Vectors;

namespace Inference.Training.Fused;

/// <summary>Everything that training made, before it becomes a bundle.</summary>
/// <param name="Set">What it was trained on.</param>
/// <param name="Towers">The towers.</param>
/// <param name="Fusion">Sources and weights; rows are item indexes.</param>
/// <param name="Popularity">Share of training users by item.</param>
/// <param name="Profiles">The clusters; null where there are too few users.</param>
/// <param name="Titles">By item index; null where an item has none.</param>
/// <param name="Items">The item embeddings that the fused model searches.</param>
public sealed record TrainedModel(
    TrainingSet Set, TwoTowerModel Towers, FusionModel Fusion, Popularity Popularity, ClusterProfiles? Profiles, IReadOnlyList<string?> Titles, ExactIndex Items) : IDisposable
{
    /// <summary>The model as the judge asks it.</summary>
    public FusedRanking Ranking(string name) =>
        new(name, new FusedScorer(Fusion, new FusionOptions { DenseItems = int.MaxValue }), UserEmbedder.Of(Towers), Set.Plan.Contexts, Set.Plan.UserFeatures);

    public void Dispose()
    {
        Fusion.Dispose();
        Items.Dispose();
    }
}
