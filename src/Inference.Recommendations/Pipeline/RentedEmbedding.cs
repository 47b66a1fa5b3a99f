using System.Buffers;

namespace Inference.Recommendations.Pipeline;

/// <summary>One embedding in a pooled buffer. Not returned to the pool unless disposed by the reader, since a late tower may still write to it.</summary>
internal sealed class RentedEmbedding(int dimension) : IDisposable
{
    private float[] _values = ArrayPool<float>.Shared.Rent(dimension);

    public Memory<float> Memory => _values.AsMemory(0, dimension);

    /// <summary>Whether it was found rather than computed.</summary>
    public bool IsCached { get; set; }

    public void Dispose()
    {
        if (_values.Length > 0)
            ArrayPool<float>.Shared.Return(_values);
        _values = [];
    }
}
