namespace Inference.Training.OffPolicy;

/// <summary>
/// The reward of an item by its cell (<see cref="RewardCells"/>): the mean of the cell, drawn towards the mean of all with the strength of 20 draws. Fitted over folds of whole clusters: what is said of a
/// draw comes from the other folds, so the doubly robust estimate stays free of the bias of judging a model by its own data (Chernozhukov et al., 2018). Immutable.
/// </summary>
internal sealed class RewardModel
{
    private const double Prior = 20;

    private readonly double[] _means;
    private readonly int _folds;

    /// <param name="draws">The log.</param>
    /// <param name="counted">Which draws count.</param>
    /// <param name="folds">At least 2.</param>
    public RewardModel(ReplayDraws draws, ReadOnlySpan<int> counted, int folds)
    {
        _folds = folds;
        var counts = new double[folds * RewardCells.Count];
        var sums = new double[folds * RewardCells.Count];
        foreach (int draw in counted)
        {
            int at = (FoldOf(draws.Cluster[draw]) * RewardCells.Count) + draws.Cell[draw];
            counts[at]++;
            sums[at] += draws.Reward[draw];
        }

        _means = new double[folds * RewardCells.Count];
        for (int fold = 0; fold < folds; fold++)
        {
            double allCount = 0, allSum = 0;
            for (int at = 0; at < counts.Length; at++)
            {
                if (at / RewardCells.Count == fold)
                    continue;
                allCount += counts[at];
                allSum += sums[at];
            }

            double mean = allCount > 0 ? allSum / allCount : 0;
            for (int cell = 0; cell < RewardCells.Count; cell++)
            {
                double count = 0, sum = 0;
                for (int other = 0; other < folds; other++)
                {
                    count += other == fold ? 0 : counts[(other * RewardCells.Count) + cell];
                    sum += other == fold ? 0 : sums[(other * RewardCells.Count) + cell];
                }

                _means[(fold * RewardCells.Count) + cell] = (sum + (Prior * mean)) / (count + Prior);
            }
        }
    }

    /// <summary>The expected reward of a cell, by the folds that a cluster is not in.</summary>
    public double Of(int cluster, int cell) => _means[(FoldOf(cluster) * RewardCells.Count) + cell];

    private int FoldOf(int cluster) => cluster % _folds;
}
