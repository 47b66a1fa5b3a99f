namespace Inference.Training.Models;

/// <summary>How <see cref="ClusterBayes"/> is fitted and read.</summary>
/// <param name="Smoothing">m: users of average taste that each cluster is given where items are scored; above 0.</param>
/// <param name="LikelihoodSmoothing">m_q: events of average taste that each cluster is given where clicks are weighed; above 0.</param>
/// <param name="ClickWeight">τ: how much each event of the history says of the cluster; below 1 because events of a user are not independent.</param>
/// <param name="ContextWeight">How much context says of the cluster.</param>
public sealed record ClusterBayesOptions(double Smoothing = 20, double LikelihoodSmoothing = 200, double ClickWeight = 0.5, double ContextWeight = 1);
