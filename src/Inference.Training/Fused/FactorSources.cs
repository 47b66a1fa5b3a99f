using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Training.Clustering;
using Inference.Training.Evaluation;
using Inference.Training.Models;
using Inference.Training.Profiles;
using Inference.Training.TwoTower;

namespace Inference.Training.Fused;

/// <summary>
/// Sources that rest on implicit ALS.
/// <list type="number">
/// <item>Fit the factors; items without training events get theirs from their content by ridge regression.</item>
/// <item>Cluster the training users by their embeddings, as many clusters as serve the validation part best; the profiles of the bundle are these clusters.</item>
/// <item>The posterior of the clusters from context and events is a source, and the prior of the fold-in.</item>
/// <item>How much items say that were passed over is chosen by simulated sessions of the validation part (<see cref="SkipWeightChoice"/>).</item>
/// </list>
/// </summary>
internal sealed class FactorSources(TrainingSet set, ulong seed)
{

    /// <summary>λ of the fold-in with a prior: how firmly the prior is believed.</summary>
    private const double PriorPrecision = 10;

    /// <summary>m_q: events of average taste that each cluster is given where events are weighed.</summary>
    private const double LikelihoodSmoothing = 200;

    /// <summary>τ: below 1, because events of a user are not independent.</summary>
    private const float ClickWeight = 0.6f;

    private static readonly AlsOptions Options = AlsOptions.Foundation;

    /// <summary>The sources; the profiles are null where there are too few users for any cluster.</summary>
    /// <param name="towers">Whose embeddings of the training users are clustered.</param>
    /// <param name="rates">Popularity by item.</param>
    /// <param name="titles">Titles by item, for the labels of clusters.</param>
    /// <param name="judge">Chooses the number of clusters on the validation part.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    public (IReadOnlyList<ScoreSource> Sources, ClusterProfiles? Profiles) All(
        TwoTowerModel towers, float[] rates, IReadOnlyList<string?> titles, Judge judge, IProgress<double> progress, CancellationToken cancellationToken)
    {
        // :: Step 1 factors
        ImplicitAls als = ImplicitAls.Fit(set.Split.Training, set.TrainedCount, Options with { Seed = seed }, cancellationToken: cancellationToken);
        float[] factors = FactorsOfAll(als);
        progress.Report(0.4);
        var folding = new FactorOptions(Options.UnseenWeight, Options.Ridge * Options.UnseenWeight * set.TrainedCount, Options.Ridge);
        var sources = new List<ScoreSource> { new FactorSource("ials", factors, als.Dimension, folding) };
        if (set.Split.Training.Count < ClusterChoice.FewestUsers)
            return (sources, null);

        // :: Step 2 clusters, and step 3 their posterior
        TrainingUser[] users = Users();
        var popularity = new Popularity(rates);
        float[] embeddings = EmbeddingsOf(towers);
        (ClusterSource Source, KMeansClusters Clusters, double Quality)? best = null;
        foreach (int count in ClusterChoice.Counts(users.Length))
        {
            ProfileOptions options = new() { Smoothing = 10, Clustering = new KMeansOptions { Clusters = count, Seed = seed } };
            KMeansClusters clusters = SphericalKMeans.Fit(embeddings, towers.Dimension, options.Clustering, cancellationToken);
            ClusterProfiles profiles = ProfileBuilder.Build(users, clusters, towers.Dimension, titles, popularity, options, cancellationToken);
            (WeightedLists clicks, float[] offsets) = ClickLists(clusters);
            var source = new ClusterSource("clusters", new ClusterPosterior(profiles, clicks, offsets, ClickWeight, popularity: popularity), popularity, 0.5f / users.Length);
            double quality = QualityOf(source, towers, judge, cancellationToken);
            if (best is null || quality > best.Value.Quality)
                best = (source, clusters, quality);
            progress.Report(0.4 + (0.6 * count / 128));
        }

        // :: Step 4 what was passed over
        ClusterSource chosen = best!.Value.Source;
        float skipWeight = SkipWeightChoice.Choose(chosen, popularity, towers, set, cancellationToken);
        ClusterPosterior posterior = chosen.Posterior.With(ClickWeight, skipWeight);
        sources.Add(new ClusterSource(chosen.Name, posterior, popularity, chosen.Epsilon, chosen.IsStandardised));
        sources.Add(new FactorSource(
            "ials_prior", factors, als.Dimension, folding with { Ridge = PriorPrecision, RidgePerEvent = 0 }, posterior, Centroids(als, best.Value.Clusters)));
        progress.Report(1);
        return (sources, posterior.Profiles);
    }

    /// <summary>Mean NDCG@10 over the validation part's unseen users with no, three and ten events; 0 where there are none, so that the first number of clusters is taken.</summary>
    private double QualityOf(ClusterSource source, TwoTowerModel towers, Judge judge, CancellationToken cancellationToken)
    {
        var alone = new FusedScorer(new FusionModel([source], new FusionWeights([new FusionWeightPoint(0, [1f])])), new FusionOptions { DenseItems = int.MaxValue });
        var model = new FusedRanking("clusters", alone, UserEmbedder.Of(towers), set.Plan.Contexts, set.Plan.UserFeatures);
        double sum = 0;
        foreach (int shots in (int[])[0, 3, 10])
        {
            Scenario scenario = Scenarios.FewShots(set.Split, EvaluationPart.Validation, shots, set.Plan.Contexts, Scenarios.MostUsersOfFewShotTuning);
            if (scenario.Users.Count > 0)
                sum += judge.Ndcg10(model, scenario, cancellationToken);
        }

        return sum;
    }

    private float[] EmbeddingsOf(TwoTowerModel towers)
    {
        float[] embeddings = new float[set.Split.Training.Count * towers.Dimension];
        Parallel.For(0, set.Split.Training.Count, user => towers.EmbedUser(
            set.Split.Training[user], set.Plan.Contexts[set.Plan.Contexts.Find(set.Split.TrainingUserIds[user])], embeddings.AsSpan(user * towers.Dimension, towers.Dimension)));
        return embeddings;
    }

    private float[] FactorsOfAll(ImplicitAls als)
    {
        float[] factors = new float[set.ItemCount * als.Dimension];
        if (set.ItemCount > set.TrainedCount && set.Plan.Traits.TermCount is > 0 and <= ContentRidge.MostTerms)
            ContentRidge.Fit(set.Plan.Traits, als, ContentRidge.DefaultPenalty).ItemFactors.CopyTo(factors, 0);
        als.ItemFactors.CopyTo(factors, 0);
        return factors;
    }

    private TrainingUser[] Users()
    {
        var users = new TrainingUser[set.Split.Training.Count];
        for (int row = 0; row < users.Length; row++)
            users[row] = new TrainingUser(set.Plan.UserFeatures(set.Split.TrainingUserIds[row]), set.Split.Training[row].ToArray());
        return users;
    }

    /// <summary>log(1 + n_ci ∕ (m_q q_i)) by item and cluster, and the offset log m_q − log(E_c + m_q) of each cluster.</summary>
    private (WeightedLists Clicks, float[] Offsets) ClickLists(KMeansClusters clusters)
    {
        var counts = new SortedDictionary<int, int>[set.ItemCount];
        double[] events = new double[clusters.Count];
        int[] all = new int[set.ItemCount];
        for (int user = 0; user < set.Split.Training.Count; user++)
        {
            int cluster = clusters.Assignment[user];
            events[cluster] += set.Split.Training[user].Length;
            foreach (int item in set.Split.Training[user])
            {
                all[item]++;
                SortedDictionary<int, int> own = counts[item] ??= [];
                own[cluster] = own.GetValueOrDefault(cluster) + 1;
            }
        }

        int[] offsets = new int[set.ItemCount + 1];
        var columns = new List<int>();
        var weights = new List<float>();
        double total = Math.Max(1, set.Split.Training.Total);
        for (int item = 0; item < set.ItemCount; item++)
        {
            foreach ((int cluster, int count) in counts[item] ?? [])
            {
                columns.Add(cluster);
                weights.Add((float)Math.Log(1 + (count / (LikelihoodSmoothing * all[item] / total))));
            }

            offsets[item + 1] = columns.Count;
        }

        float[] clusterOffsets = Array.ConvertAll(events, count => (float)(Math.Log(LikelihoodSmoothing) - Math.Log(count + LikelihoodSmoothing)));
        return (new WeightedLists(offsets, [.. columns], [.. weights], clusters.Count), clusterOffsets);
    }

    /// <summary>The mean factor of each cluster's users.</summary>
    private static float[] Centroids(ImplicitAls als, KMeansClusters clusters)
    {
        int dimension = als.Dimension;
        double[] sums = new double[clusters.Count * dimension];
        for (int user = 0; user < clusters.Assignment.Length; user++)
        {
            for (int i = 0; i < dimension; i++)
                sums[(clusters.Assignment[user] * dimension) + i] += als.UserFactors[(user * dimension) + i];
        }

        float[] centroids = new float[sums.Length];
        for (int i = 0; i < sums.Length; i++)
            centroids[i] = (float)(sums[i] / Math.Max(1, clusters.Sizes[i / dimension]));
        return centroids;
    }
}
