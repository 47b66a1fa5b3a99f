namespace Inference.Recommendations.Fusion;

/// <summary>What the weights of neighbour lists are, where they can be told to people.</summary>
public enum NeighbourWeights
{
    /// <summary>Numbers of a model, such as those of EASE or cosines.</summary>
    Other = 0,

    /// <summary>Confidences of rules.</summary>
    Confidence,

    /// <summary>Confidence · ln lift of rules.</summary>
    ConfidenceLift,
}

/// <summary>How strong an association rule i → j is.</summary>
/// <param name="Confidence">Share of the users with i who have j; in (0, 1].</param>
/// <param name="Lift">Confidence over the share of all users who have j; above 0.</param>
public readonly record struct RuleFigures(double Confidence, double Lift)
{
    /// <summary>What a weight of a list says of its rule; null where it says nothing.</summary>
    /// <remarks>
    /// With w = c · ln(c ∕ p) and x = ln(c ∕ p), the logarithm of the lift, x · eˣ = w ∕ p: so x is Lambert's function of w ∕ p, which Newton's method finds. Weights are kept to half precision, so figures are good to about 1 in 1,000.
    /// </remarks>
    /// <param name="weights">What weights are.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="rate">Share of all users who have j.</param>
    public static RuleFigures? Of(NeighbourWeights weights, double weight, double rate)
    {
        if (!(weight > 0 && rate > 0) || weights == NeighbourWeights.Other)
            return null;
        if (weights == NeighbourWeights.Confidence)
            return new RuleFigures(Math.Min(1, weight), Math.Min(1, weight) / rate);
        double logLift = Lambert(weight / rate);
        return new RuleFigures(Math.Min(1, rate * Math.Exp(logLift)), Math.Min(1 / rate, Math.Exp(logLift)));
    }

    /// <summary>x with x · eˣ = y, for y above 0.</summary>
    private static double Lambert(double y)
    {
        // From above the function is convex, so no step goes beyond the root.
        double x = Math.Log(1 + y);
        for (int step = 0; step < 50; step++)
        {
            double next = x - ((x - (y * Math.Exp(-x))) / (1 + x));
            if (Math.Abs(next - x) <= 1e-12 * (1 + Math.Abs(next)))
                return next;
            x = next;
        }

        return x;
    }
}
