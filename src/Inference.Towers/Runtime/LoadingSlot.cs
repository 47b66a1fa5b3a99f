using Inference.Recommendations.Ports;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>Buffers with which one thread of a load encodes rows beside the others. Used by one thread at a time; the tower outlives it.</summary>
internal sealed class LoadingSlot<TInput, TSource> : IDisposable
    where TInput : struct
    where TSource : IRowSource<TInput>
{
    private readonly TowerShape _shape;
    private readonly BatchSlot _slot;

    public LoadingSlot(TowerModel model, TowerShape shape)
    {
        _shape = shape;
        _slot = new BatchSlot(model, shape);
    }

    /// <summary>Makes the run under way, and all later ones, fail. From any thread.</summary>
    public void Terminate() => _slot.Terminate();

    /// <summary>Encodes one batch on the calling thread.</summary>
    /// <param name="rows">1 to the tower's most.</param>
    /// <param name="embeddings">Rows × dimension places.</param>
    /// <exception cref="TowerException">The model failed or gave numbers that are not finite.</exception>
    public void Encode(ReadOnlySpan<TInput> rows, Span<float> embeddings)
    {
        try
        {
            int longest = 0;
            foreach (ref readonly TInput row in rows)
                longest = Math.Max(longest, TSource.RowOf(row, _shape.History).History.Length);
            _slot.Begin(longest);
            for (int i = 0; i < rows.Length; i++)
                _slot.Encode(i, TSource.RowOf(rows[i], _shape.History));
            _slot.Run(rows.Length);
        }
        catch (OnnxRuntimeException e)
        {
            throw new TowerException($"The tower failed: {e.Message}", e);
        }
        catch (Exception e)
        {
            throw new TowerException("The tower's inputs could not be encoded.", e);
        }

        for (int i = 0; i < rows.Length; i++)
        {
            if (!_slot.TryCopyEmbedding(i, embeddings.Slice(i * _shape.Dimension, _shape.Dimension)))
                throw new TowerException("The tower's output is not finite.");
        }
    }

    public void Dispose() => _slot.Dispose();
}
