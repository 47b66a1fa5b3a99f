namespace Inference.Recommendations.Recall;

/// <summary>What came of one check.</summary>
/// <param name="At">When, as a timestamp of the clock.</param>
/// <param name="Filter">How much of the catalogue the search could return.</param>
/// <param name="Wanted">Best items that it should have found, at least 1, without those that changed meanwhile.</param>
/// <param name="Hits">How many of them it found.</param>
/// <param name="ScanHits">How many a scan by what the index holds finds.</param>
internal readonly record struct RecallMeasure(long At, FilterClass Filter, int Wanted, int Hits, int ScanHits);
