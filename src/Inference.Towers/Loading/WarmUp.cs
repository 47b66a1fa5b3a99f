using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Batching;
using Inference.Towers.Runtime;
using Inference.Vectors;
using Inference.Vectors.Live;

namespace Inference.Towers.Loading;

/// <summary>
/// Exercises a snapshot that nobody uses yet, so that its first users do not pay for what happens once: buffers and the runtime's plans for each size of a batch, pages of a mapped index,
/// code that was never compiled.
/// <list type="number">
/// <item>the user tower with nobody, one and then a full batch: where that fails the ladder's upper rungs end, and a warning says so</item>
/// <item>the user tower at every size of a run, with no, a middling and a long history</item>
/// <item>the smallest and the largest of them some times more: from these the tower learns how long runs take, by which it tells from its first user on whether there is time for one</item>
/// <item>the item tower with one item</item>
/// <item>the ranking model at every size of a run, and with the usual number of candidates some times more</item>
/// <item>searches by the embeddings of items from all over the catalogue, at a usual number of results and at a large one</item>
/// <item>the sources of a fused model, or of the mixture for users with few events, with histories of several lengths</item>
/// </list>
/// It ends when all is done or its time is over, whichever comes first; the first part is always done.
/// </summary>
internal sealed class WarmUp(Snapshot snapshot, OnnxUserTower user, OnnxItemTower? item, OnnxRanker? ranker, TimeSpan most, GuardedRuns runs, TimeProvider time, List<string> warnings)
{
    private const int Searches = 512, UsualResults = 100, ManyResults = 1000, FusedRuns = 64, MostEvents = 32;

    private readonly long _start = time.GetTimestamp();

    private bool IsOver => time.GetElapsedTime(_start) >= most;

    /// <returns>Whether there was time for everything.</returns>
    /// <exception cref="OperationCanceledException">The load was given up.</exception>
    public bool Run()
    {
        try
        {
            Encode(1, default);
            Encode(user.Runner.MaxBatch, default);
        }
        catch (TowerException e)
        {
            warnings.Add($"the user tower cannot encode a user without history and features, so such users get profiles instead: {e.Message}");
            return false;
        }

        return RunSizes() && RunItem() && RunRanker() && Search() && Fuse();
    }

    private bool RunSizes()
    {
        int[] history = [.. Popular(user.Runner.MaxHistory)];
        foreach (int length in (int[])[history.Length, history.Length / 2, 0])
        {
            // Large ones first: what smaller ones need is there then.
            foreach (int rows in user.Runner.RunSizes.Reverse())
            {
                if (IsOver)
                    return false;
                try
                {
                    Encode(rows, history.AsMemory(0, length));
                }
                catch (TowerException e)
                {
                    warnings.Add($"the user tower cannot encode {rows} users with a history of {length} items and no features: {e.Message}");
                    return false;
                }
            }
        }

        // The first runs of a shape are slow for reasons that do not come again, so it takes a few until one counts.
        for (int i = 0; i < RunTimes.FirstRuns; i++)
        {
            foreach (int length in (int[])[history.Length, 0])
            {
                if (IsOver)
                    return false;
                Encode(user.Runner.MaxBatch, history.AsMemory(0, length));
                Encode(1, history.AsMemory(0, length));
            }
        }

        return true;
    }

    private bool RunItem()
    {
        if (item is null)
            return true;
        if (IsOver)
            return false;
        try
        {
            // As one that somebody adds later, whose id the tower has never seen.
            runs.Encode(item.Runner, snapshot.Model.Dimension, new ItemTowerInput("", new FeatureSet(snapshot.Items.Features().At(0))));
        }
        catch (TowerException e)
        {
            warnings.Add($"the item tower cannot encode a new item that is like '{snapshot.Items.IdOf(0)}': {e.Message}");
        }

        return true;
    }

    private bool RunRanker()
    {
        if (ranker is null)
            return true;
        int[] history = [.. Popular(ranker.Runner.MaxHistory)];
        try
        {
            foreach (int length in (int[])[history.Length, 0])
            {
                foreach (int rows in ranker.Runner.RunSizes.Reverse())
                {
                    if (IsOver)
                        return false;
                    Rank(rows, history.AsMemory(0, length));
                }
            }

            for (int i = 0; i < RunTimes.FirstRuns && !IsOver; i++)
                Rank(ranker.Runner.MaxBatch, history);
        }
        catch (TowerException e)
        {
            warnings.Add($"the ranker cannot score popular items for a user without features: {e.Message}");
        }

        return !IsOver;
    }

    private bool Search()
    {
        LiveIndex index = snapshot.Index;
        var query = new float[index.Dimension];
        var results = new Neighbor[Math.Min(ManyResults, index.Count)];
        int searches = Math.Min(Searches, index.Count);
        for (int i = 0; i < searches; i++)
        {
            if (IsOver)
                return false;
            if (!index.TryCopyVector((int)((long)i * index.Count / searches), query))
                continue;
            index.Search(query, results.AsSpan(0, i % 16 == 0 ? results.Length : Math.Min(UsualResults, results.Length)));
        }

        return true;
    }

    private bool Fuse()
    {
        if ((snapshot.Fusion ?? snapshot.ColdFusion) is not { } fused)
            return true;
        var embedding = new float[snapshot.Model.Dimension];
        int[] history = [.. Popular(MostEvents)];
        for (int i = 0; i < FusedRuns; i++)
        {
            if (IsOver)
                return false;
            if (snapshot.Index.TryCopyVector(history[i % MostEvents], embedding))
                fused.Exercise(new FusionInput { History = history.AsSpan(0, i % MostEvents), Embedding = embedding, ContextEmbedding = embedding });
        }

        return true;
    }

    private void Encode(int rows, ReadOnlyMemory<int> history)
    {
        var users = new UserTowerInput[rows];
        Array.Fill(users, new UserTowerInput(default, history));
        runs.Encode(user.Runner, snapshot.Model.Dimension, users);
    }

    private void Rank(int candidates, ReadOnlyMemory<int> history)
    {
        var cross = new float[candidates * CrossFeatures.Count];
        Array.Fill(cross, float.NaN);
        runs.Rank(ranker!, new RankInput { History = history, Rows = Popular(candidates).ToArray(), Cross = cross });
    }

    private IEnumerable<int> Popular(int count)
    {
        for (int i = 0; i < count; i++)
            yield return snapshot.Popularity.Ranked[i % snapshot.Popularity.Ranked.Length].Row;
    }
}
