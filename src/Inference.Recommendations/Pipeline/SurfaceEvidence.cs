using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Retrieval;

namespace Inference.Recommendations.Pipeline;

/// <summary>Adds up what the slate of a surface was made from, to name the rung that served it truly.</summary>
internal struct SurfaceEvidence
{
    private double _towers;
    private double _history;
    private double _profiles;
    private double _popularity;

    /// <summary>Takes a part of an item's score in.</summary>
    /// <param name="source">One of <see cref="Sources"/>.</param>
    /// <param name="part">What it adds.</param>
    public void Add(string source, double part)
    {
        part = Math.Max(part, 0);
        switch (source)
        {
            case Sources.Towers or Sources.VectorEngine:
                _towers += part;
                break;
            case Sources.Popularity or Sources.Trending:
                _popularity += part;
                break;
            case Sources.RecentItems or Sources.Content:
                _history += part;
                break;
            default:
                _profiles += part;
                break;
        }
    }

    /// <summary>
    /// As with a fused model: the embedding of the user, where it is part of the scores; the session, where the history is read by others; otherwise what had the largest part: the tower's answer to the context,
    /// profiles, or popularity.
    /// </summary>
    public readonly Rung Rung(SurfacePlan plan, SurfaceRun run, in SurfaceFusing.Known known, FusionScratch? model)
    {
        if (_towers == 0 && _history == 0 && _profiles == 0 && _popularity == 0)
            return Queries.Rung.Popularity;
        if (known.Own is { } own && _towers > 0)
            return own.IsCached ? Queries.Rung.CachedEmbedding : known.State is not null ? Queries.Rung.UserTower : Queries.Rung.Session;
        if (_history > 0 || (known.Events > 0 && ReadsHistory(plan, run, model)))
            return Queries.Rung.Session;
        if (_towers > 0 && _towers >= _profiles && _towers >= _popularity)
            return Queries.Rung.UserTower;
        return _profiles > 0 && _profiles >= _popularity ? Queries.Rung.ClusterProfile : Queries.Rung.Popularity;
    }

    private static bool ReadsHistory(SurfacePlan plan, SurfaceRun run, FusionScratch? model)
    {
        for (int i = 0; i < plan.Retrievers.Length; i++)
        {
            if (run.IsIn[i] && run.Outcomes[i] == RetrieverOutcome.Ok && run.Counts[i] > 0 && plan.Retrievers[i].ReadsHistory)
                return true;
        }

        for (int i = 0; model is not null && i < model.Outcomes.Length; i++)
        {
            if (model.Outcomes[i] == SourceOutcome.Scored && model.Weights[i] != 0f && plan.Scorer!.Model.Sources[i].ReadsHistory)
                return true;
        }

        return false;
    }
}
