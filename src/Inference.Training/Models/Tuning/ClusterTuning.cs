using Inference.Training.Clustering;

namespace Inference.Training.Models.Tuning;

/// <summary>Tunes the clusters of <see cref="ClusterBayes"/> and how they are read, separately for users without events and with few; and the prior of <see cref="AlsClusterPrior"/>.</summary>
public static class ClusterTuning
{
    private static readonly int[] Counts = [8, 16, 32, 64, 128];

    /// <summary>A tuned mixture with the clusters that serve users with few events.</summary>
    public sealed record Result(TunedModel Model, ClusterBayes FewShot, int[] Labels);

    /// <param name="goals">What is wanted.</param>
    /// <param name="embeddings">Training users × dimension: by which they are clustered.</param>
    /// <param name="dimension">Numbers per user.</param>
    /// <param name="options">How to cluster; the number of clusters is tuned.</param>
    public static Result Run(TuningGoals goals, float[] embeddings, int dimension, KMeansOptions options)
    {
        var unseen = new Best<(int Clusters, ClusterBayes Model)>();
        var few = new Best<(int Clusters, ClusterBayes Model, int[] Labels)>();
        int before = 0;
        foreach (int count in Counts)
        {
            KMeansClusters clusters = SphericalKMeans.Fit(embeddings, dimension, options with { Clusters = count });
            // Where small clusters dissolve, more of them are wanted in vain.
            if (clusters.Count == before)
                break;
            before = clusters.Count;
            foreach (double smoothing in (double[])[10, 50])
            {
                foreach (double likelihood in (double[])[200, 2000])
                {
                    ClusterBayes model = ClusterBayes.Fit(goals.Split, goals.Contexts, clusters.Assignment, clusters.Count, new ClusterBayesOptions(smoothing, likelihood));
                    foreach (double weight in (double[])[0.5, 1])
                    {
                        ClusterBayes read = model.With(0.5, weight);
                        unseen.Offer(goals.Unseen(read), (clusters.Count, read));
                    }

                    foreach (double weight in (double[])[0.3, 0.6, 1])
                    {
                        ClusterBayes read = model.With(weight, 1);
                        few.Offer(goals.FewShots(read), (clusters.Count, read, clusters.Assignment));
                    }
                }
            }
        }

        ClusterBayesOptions first = unseen.Choice.Model.Options, then = few.Choice.Model.Options;
        var tuned = new TunedModel(
            "cluster_profile",
            new ByHistory("cluster_profile", unseen.Choice.Model, few.Choice.Model),
            few.Choice.Model,
            NeedsEvents: false,
            new Dictionary<string, object?>
            {
                ["n0"] = new Dictionary<string, object?> { ["K"] = unseen.Choice.Clusters, ["m"] = first.Smoothing, ["mq"] = first.LikelihoodSmoothing, ["wc"] = first.ContextWeight },
                ["few"] = new Dictionary<string, object?> { ["K"] = few.Choice.Clusters, ["m"] = then.Smoothing, ["mq"] = then.LikelihoodSmoothing, ["tau"] = then.ClickWeight },
            })
        {
            FewShotNdcg = few.Worth,
        };
        return new Result(tuned, few.Choice.Model, few.Choice.Labels);
    }

    /// <summary>The precision of the prior.</summary>
    /// <param name="goals">What is wanted.</param>
    /// <param name="als">Whose user factors were clustered.</param>
    /// <param name="clusters">The clusters.</param>
    public static TunedModel Prior(TuningGoals goals, ImplicitAls als, Result clusters)
    {
        var best = new Best<(double Precision, RankingModel Model)>();
        foreach (double precision in (double[])[1, 3, 10, 30, 100, 300])
        {
            RankingModel model = new AlsClusterPrior(als, clusters.FewShot, clusters.Labels, precision);
            best.Offer(goals.FewShots(model), (precision, model));
        }

        return new TunedModel("ials_cluster_prior", best.Choice.Model, best.Choice.Model, NeedsEvents: false, new Dictionary<string, object?>
        {
            ["prior_precision"] = best.Choice.Precision,
            ["K"] = clusters.FewShot.Clusters,
            ["tau"] = clusters.FewShot.Options.ClickWeight,
        })
        {
            FewShotNdcg = best.Worth,
        };
    }
}
