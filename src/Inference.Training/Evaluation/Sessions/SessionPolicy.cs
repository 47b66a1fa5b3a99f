using Inference.Training.Models;

namespace Inference.Training.Evaluation.Sessions;

/// <summary>How pages are made.</summary>
/// <param name="Name">As reports call it.</param>
/// <param name="Model">Scores the catalogue before each page, given all that was clicked and passed over.</param>
public sealed record SessionPolicy(string Name, RankingModel Model)
{
    /// <summary>One line for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Whether the model is told what was shown and not clicked.</summary>
    public bool ReadsSkips { get; init; } = true;

    /// <summary>Whether it is asked again before each page; otherwise one ranking is leafed through.</summary>
    public bool Learns { get; init; } = true;

    /// <summary>Whether the last slot of each page is drawn, each of the next best items with the same probability.</summary>
    public bool DrawsLastSlot { get; init; }
}
