using System.Text.Json.Nodes;
using Inference.Training.Clustering;
using Inference.Training.Features;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

/// <summary>Clusters of training users by their ALS factors, and the models that are read from them. For one thread.</summary>
internal sealed class ClusterModels(AlsCache fits)
{
    private readonly Dictionary<(ImplicitAls Als, int Clusters), KMeansClusters> _clusters = [];
    private readonly Dictionary<(ImplicitAls Als, int Clusters, double Smoothing, double Likelihood), ClusterBayes> _models = [];

    /// <inheritdoc cref="AlsCache.Foundation"/>
    public AlsOptions Foundation(EvaluationInputs inputs, JsonObject? hyperparameters) => fits.Foundation(inputs, hyperparameters);

    public ImplicitAls Als(EvaluationInputs inputs, AlsOptions foundation, CancellationToken cancellationToken) => fits.Of(inputs.Split, foundation, cancellationToken);

    public KMeansClusters Clusters(EvaluationInputs inputs, AlsOptions foundation, int count, CancellationToken cancellationToken)
    {
        ImplicitAls als = Als(inputs, foundation, cancellationToken);
        if (!_clusters.TryGetValue((als, count), out KMeansClusters? clusters))
            _clusters[(als, count)] = clusters = SphericalKMeans.Fit(als.UserFactors, als.Dimension, new KMeansOptions { Clusters = count, MinimumSize = 1, Seed = inputs.Seed }, cancellationToken);
        return clusters;
    }

    public ClusterBayes Fit(EvaluationInputs inputs, AlsOptions foundation, ClusterChoice choice, CancellationToken cancellationToken)
    {
        KMeansClusters clusters = Clusters(inputs, foundation, choice.Clusters, cancellationToken);
        (ImplicitAls, int, double, double) key = (Als(inputs, foundation, cancellationToken), choice.Clusters, choice.Smoothing, choice.LikelihoodSmoothing);
        if (!_models.TryGetValue(key, out ClusterBayes? model))
        {
            UserContexts? contexts = inputs.HasContexts ? inputs.Contexts : null;
            _models[key] = model = ClusterBayes.Fit(inputs.Split, contexts, clusters.Assignment, clusters.Count, new ClusterBayesOptions(choice.Smoothing, choice.LikelihoodSmoothing));
        }

        return model.With(choice.ClickWeight, choice.ContextWeight);
    }
}

/// <summary>How clusters are made and read.</summary>
/// <param name="Clusters">How many are looked for.</param>
/// <param name="Smoothing">m of <see cref="ClusterBayesOptions"/>.</param>
/// <param name="LikelihoodSmoothing">m_q.</param>
/// <param name="ClickWeight">τ.</param>
/// <param name="ContextWeight">How much context says.</param>
internal sealed record ClusterChoice(int Clusters, double Smoothing, double LikelihoodSmoothing, double ClickWeight, double ContextWeight);
