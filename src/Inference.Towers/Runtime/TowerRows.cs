namespace Inference.Towers.Runtime;

/// <summary>Inputs of a call, and the place for their embeddings.</summary>
internal readonly record struct TowerRows<TInput>(ReadOnlyMemory<TInput> Rows, Memory<float> Embeddings)
    where TInput : struct;
