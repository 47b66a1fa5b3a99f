namespace Inference.Towers.Bundles;

/// <summary>How far a load is.</summary>
/// <param name="Stage">What goes on.</param>
/// <param name="Done">Files, items or cases done.</param>
/// <param name="Total">Of how many; 0 when that is not known.</param>
public readonly record struct BundleLoadProgress(BundleLoadStage Stage, int Done, int Total);
