using Inference.Vectors.Graph.Kernels;

namespace Inference.Vectors.Graph.Fast;

/// <summary>What a search of the fast layout, or a group of them, works with.</summary>
internal sealed class FastScratch<TKernels>
    where TKernels : struct, IGraphKernels
{
    private const int Together = SearchableGraph<FastScratch<TKernels>>.Together;

    private readonly GraphSpace _space;
    private readonly float[] _query;
    private readonly float[][] _turned = new float[Together][];

    public FastScratch(GraphSpace space, RecordLayout layout)
    {
        _space = space;
        _query = new float[space.Dimension];
        for (int i = 0; i < Together; i++)
        {
            _turned[i] = new float[space.Dimension];
            Beams[i] = new FastBeam<TKernels>(new SearchScratch(), layout, space);
        }
    }

    public FastBeam<TKernels>[] Beams { get; } = new FastBeam<TKernels>[Together];

    /// <summary>Brings a query into the space.</summary>
    public void Turn(int place, ReadOnlySpan<float> query) => _space.Turn(query, _query, _turned[place]);

    /// <summary>The query in the space.</summary>
    public ReadOnlySpan<float> Turned(int place) => _turned[place];
}
