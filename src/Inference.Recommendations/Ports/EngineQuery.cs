using Inference.Recommendations.Filters;
using Inference.Vectors;

namespace Inference.Recommendations.Ports;

/// <summary>What a vector engine is asked for.</summary>
/// <param name="Space">The embedding space; vectors of others are never compared with it.</param>
/// <param name="Metric">How an embedding and an item give a score.</param>
/// <param name="Embedding">Finite elements; to be left alone until the answer is there.</param>
/// <param name="Count">Items wanted, at least 1.</param>
/// <param name="Filter">What items have to fulfil; null for nothing. The engine may leave any of it to the caller, but never leaves out what fulfils it, as far as it knows the items.</param>
/// <param name="Patience">How long an answer is of use; above zero.</param>
public readonly record struct EngineQuery(string Space, Metric Metric, ReadOnlyMemory<float> Embedding, int Count, ItemFilter? Filter, TimeSpan Patience);

/// <summary>What a vector engine found.</summary>
/// <param name="ItemIds">The nearest first, each once.</param>
/// <param name="Shards">Parts that its corpus has.</param>
/// <param name="Missing">Those of them that did not answer; fewer than all.</param>
public readonly record struct EngineAnswer(IReadOnlyList<string> ItemIds, int Shards, int Missing);
