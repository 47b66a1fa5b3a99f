namespace Inference.Training.Demo;

/// <summary>How a way of recommending did on what users took next.</summary>
/// <param name="Name">Which one: "popularity", "cluster_profile", "towers" or "oracle".</param>
/// <param name="Audience">Of whom: "seen" users with history, or "unseen" ones with their context alone.</param>
/// <param name="Users">How many were judged.</param>
/// <param name="HitRate">Share of users for whom the first ten items hold at least one of the next events.</param>
/// <param name="Recall">Share of the next events that are among the first ten.</param>
public sealed record DemoScore(string Name, string Audience, int Users, double HitRate, double Recall);
