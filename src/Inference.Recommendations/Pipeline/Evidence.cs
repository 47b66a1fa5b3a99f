using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Pipeline;

/// <summary>Adds up what a slate was made from, to name the rung that served it truly.</summary>
internal struct Evidence(FusionModel model, FusionScratch scratch)
{
    private float _towers;
    private float _profiles;
    private float _popularity;

    /// <summary>Takes one item in.</summary>
    /// <param name="parts">By source: what it added to the item's score.</param>
    /// <param name="isAdded">Whether it came since the bundle.</param>
    /// <param name="changed">Says which sources speak of such items.</param>
    /// <returns>The source with the largest part of those that speak of the item, even where it lowers the score; −1 where no source spoke at all.</returns>
    public int Add(ReadOnlySpan<float> parts, bool isAdded, in ChangedRows changed)
    {
        int main = -1;
        bool mainSpeaks = false;
        for (int i = 0; i < parts.Length; i++)
        {
            // One that was asked for new items alone is no evidence for others.
            if (scratch.Outcomes[i] != SourceOutcome.Scored || (scratch.Weights[i] == 0f && parts[i] == 0f))
                continue;
            bool speaks = !isAdded || changed.Speaks(i);
            if (main < 0 || (speaks == mainSpeaks ? parts[i] > parts[main] : speaks))
                (main, mainSpeaks) = (i, speaks);
            float part = MathF.Max(parts[i], 0f);
            switch (model.Sources[i].Kind)
            {
                case Sources.Towers:
                    _towers += part;
                    break;
                case Sources.Popularity:
                    _popularity += part;
                    break;
                default:
                    _profiles += part;
                    break;
            }
        }

        return main;
    }

    /// <summary>
    /// The embedding of the user, where it is part of the scores; the session, where other sources read the history; otherwise what had the largest part: the tower's answer to the context, profiles, or popularity.
    /// </summary>
    public readonly Rung Rung(FusedSlates.Known known)
    {
        if (known.Events > 0)
        {
            bool readsHistory = false;
            for (int i = 0; i < model.Sources.Count; i++)
            {
                if (scratch.Outcomes[i] != SourceOutcome.Scored || scratch.Weights[i] == 0f)
                    continue;
                if (model.Sources[i] is TowerSource { IsOfContext: false })
                    return known.IsCached ? Queries.Rung.CachedEmbedding : known.State is not null ? Queries.Rung.UserTower : Queries.Rung.Session;
                readsHistory |= model.Sources[i].ReadsHistory;
            }

            if (readsHistory)
                return Queries.Rung.Session;
        }

        if (_towers > 0 && _towers >= _profiles && _towers >= _popularity)
            return Queries.Rung.UserTower;
        return _profiles > 0 && _profiles >= _popularity ? Queries.Rung.ClusterProfile : Queries.Rung.Popularity;
    }
}
