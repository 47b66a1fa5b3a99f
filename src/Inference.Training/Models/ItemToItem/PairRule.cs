namespace Inference.Training.Models;

/// <summary>Users who have one item tend to have another.</summary>
/// <param name="From">The item that is known.</param>
/// <param name="To">The item that is suggested.</param>
/// <param name="Support">Users that have both.</param>
/// <param name="Confidence">Share of the users with <paramref name="From"/> that have <paramref name="To"/>, 0 to 1.</param>
/// <param name="Lift">The confidence over the share of all users that have <paramref name="To"/>; 1 means that the two have nothing to do with each other.</param>
public readonly record struct PairRule(int From, int To, int Support, double Confidence, double Lift);
