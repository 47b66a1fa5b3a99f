using Inference.Recommendations.Snapshots;

namespace Inference.Training.Profiles;

/// <summary>The popularity of items: the share of training users that touched each.</summary>
public static class ItemShares
{
    /// <summary>Counts users per item; all shares are zero when there are no users.</summary>
    /// <param name="users">The training users.</param>
    /// <param name="itemCount">Rows of the catalogue.</param>
    public static Popularity Count(IReadOnlyList<TrainingUser> users, int itemCount)
    {
        int[] counts = new int[itemCount];
        foreach (TrainingUser user in users)
        {
            foreach (int row in user.History)
                counts[row]++;
        }

        float[] shares = new float[itemCount];
        for (int row = 0; row < itemCount; row++)
            shares[row] = users.Count == 0 ? 0 : (float)((double)counts[row] / users.Count);
        return new Popularity(shares);
    }
}
