namespace Inference.Training.Models.Tuning;

/// <summary>A model in the forms that did best on the validation part, and what was chosen.</summary>
/// <param name="Name">As reports call it.</param>
/// <param name="FewShot">For users with few events, and without any where <paramref name="NeedsEvents"/> is false; null where it is not made for them.</param>
/// <param name="Warm">For training users, history cut included; null where it is not made for them.</param>
/// <param name="NeedsEvents">Whether it has nothing to say of a user without events.</param>
/// <param name="Parameters">What was chosen, for reports: text, numbers, null, or such a dictionary.</param>
public sealed record TunedModel(string Name, RankingModel? FewShot, RankingModel? Warm, bool NeedsEvents, IReadOnlyDictionary<string, object?> Parameters)
{
    /// <summary>NDCG@10 on the validation part, mean over 1, 3, 5 and 10 events (without any for models of context); NaN where not measured.</summary>
    public double FewShotNdcg { get; init; } = double.NaN;

    /// <summary>NDCG@10 on the validation part, training users; NaN where not measured.</summary>
    public double WarmNdcg { get; init; } = double.NaN;
}
