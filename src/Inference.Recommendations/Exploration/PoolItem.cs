namespace Inference.Recommendations.Exploration;

/// <summary>One item that a slot may be given, with all that a policy goes by.</summary>
/// <param name="Row">Row of the item.</param>
/// <param name="Score">Its score, standardised over the pool: mean 0, deviation 1; 0 for all where they are all the same.</param>
/// <param name="Shown">Confirmed impressions, fading with time; at least 0.</param>
/// <param name="Clicked">Clicks among them; 0 to <paramref name="Shown"/>.</param>
public readonly record struct PoolItem(int Row, float Score, float Shown, float Clicked);
