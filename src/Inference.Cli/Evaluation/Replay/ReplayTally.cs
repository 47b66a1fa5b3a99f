using Inference.Cli.Client;
using Recsys.V1;

namespace Inference.Cli.Evaluation.Replay;

/// <summary>Counts what a server's answers say of themselves. Safe for concurrent use.</summary>
internal sealed class ReplayTally
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _rungs = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _degradations = new(StringComparer.Ordinal);

    /// <summary>Where the server is.</summary>
    public required string Address { get; init; }

    /// <summary>"name/version" of the model that answered.</summary>
    public required string ModelVersion { get; init; }

    /// <summary>Its embedding space.</summary>
    public required string EmbeddingSpaceId { get; init; }

    /// <summary>Answers.</summary>
    public int Answers { get; private set; }

    /// <summary>Those that say that they are less than they could have been.</summary>
    public int Degraded { get; private set; }

    /// <summary>Requests that had to leave out the older part of a history.</summary>
    public int CutHistories { get; private set; }

    /// <summary>Answers by rung, for example "user_tower".</summary>
    public IReadOnlyDictionary<string, int> Rungs => _rungs;

    /// <summary>Degradations by component and reason, for example "user_tower timeout".</summary>
    public IReadOnlyDictionary<string, int> Degradations => _degradations;

    public void Add(RecommendResponse answer, bool isCut)
    {
        lock (_lock)
        {
            Answers++;
            CutHistories += isCut ? 1 : 0;
            Degraded += answer.Degraded.Count > 0 ? 1 : 0;
            Count(_rungs, SlateView.NameOf(answer.ServedBy));
            foreach (Degradation degradation in answer.Degraded)
                Count(_degradations, $"{degradation.Component} {SlateView.NameOf(degradation.Reason)}");
        }
    }

    private static void Count(SortedDictionary<string, int> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
}
