using Inference.Vectors;

namespace Inference.Recommendations.Recall;

/// <summary>Whether a search that is about to begin was chosen to be checked, and the moment of the index before it.</summary>
internal readonly record struct RecallProbe(bool IsChosen, IndexMoment Moment);
