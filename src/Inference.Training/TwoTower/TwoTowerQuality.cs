namespace Inference.Training.TwoTower;

/// <summary>How towers rank on the validation part: NDCG@10 by kind of request.</summary>
/// <param name="FewShot">Of unseen users, by the numbers of events of <see cref="Splits.FewShotUsers.Shots"/>; empty when there are none.</param>
/// <param name="Warm">Of training users; NaN when none has validation events.</param>
/// <param name="ColdItems">Of new items among themselves; NaN when there are none.</param>
public sealed record TwoTowerQuality(IReadOnlyList<double> FewShot, double Warm, double ColdItems)
{
    private const double WarmWeight = 0.5;
    private const double ColdWeight = 0.25;
    private const double Floor = 1e-4;

    /// <summary>
    /// One number to compare by: a weighted mean of logarithms, so that a relative gain counts the same in each kind, whatever its level. Higher is better; 0 when there is no validation part.
    /// </summary>
    public double Criterion
    {
        get
        {
            double sum = 0, weights = 0;
            foreach (double value in FewShot)
                sum += Math.Log(Math.Max(Floor, value)) / FewShot.Count;
            weights += FewShot.Count > 0 ? 1 : 0;
            if (!double.IsNaN(Warm))
            {
                sum += WarmWeight * Math.Log(Math.Max(Floor, Warm));
                weights += WarmWeight;
            }

            if (!double.IsNaN(ColdItems))
            {
                sum += ColdWeight * Math.Log(Math.Max(Floor, ColdItems));
                weights += ColdWeight;
            }

            return weights == 0 ? 0 : sum / weights;
        }
    }
}

/// <summary>How far a training is.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps at most.</param>
/// <param name="Loss">Mean cross-entropy since the last report; NaN before the first step.</param>
/// <param name="Quality">On the validation part, now.</param>
/// <param name="IsBest">Whether these are the best weights until now.</param>
public sealed record TwoTowerProgress(int Step, int Steps, double Loss, TwoTowerQuality Quality, bool IsBest);
