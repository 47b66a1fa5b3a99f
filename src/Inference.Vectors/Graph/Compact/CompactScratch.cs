using System.Numerics.Tensors;
using Inference.Vectors.Graph.Kernels;

namespace Inference.Vectors.Graph.Compact;

/// <summary>What a search of the compact layout, or a group of them, works with.</summary>
internal sealed unsafe class CompactScratch<TKernels>
    where TKernels : struct, IGraphKernels
{
    private const int Together = SearchableGraph<CompactScratch<TKernels>>.Together;

    /// <summary>How many standard deviations of its error an 8-bit distance may be off.</summary>
    private const float Deviations = 5;

    private readonly GraphSpace _space;
    private readonly SearchScratch[] _searches = new SearchScratch[Together];
    private readonly float[] _query;
    private readonly float[] _scales = new float[Together], _shifts = new float[Together], _doubts = new float[Together];

    /// <param name="space">Of the vectors.</param>
    /// <param name="links">The graph.</param>
    /// <param name="codes">8-bit rows, which stay where they are.</param>
    /// <param name="factors">Of the rows; the same.</param>
    /// <param name="stride">Bytes from row to row.</param>
    public CompactScratch(GraphSpace space, PackedLinks links, sbyte* codes, RowFactor* factors, nuint stride)
    {
        _space = space;
        _query = new float[space.Dimension];
        for (int i = 0; i < Together; i++)
        {
            _searches[i] = new SearchScratch();
            Beams[i] = new CodeBeam<TKernels, PackedLinks>(_searches[i], links, codes, factors, stride, space.Length, space.SquaredL2);
        }
    }

    public CodeBeam<TKernels, PackedLinks>[] Beams { get; } = new CodeBeam<TKernels, PackedLinks>[Together];

    /// <summary>Room for one row of 16-bit codes.</summary>
    public short* Words => Query(0) + _space.Length;

    private nuint Bytes => _space.Length * (sizeof(float) + 2 * sizeof(short));

    /// <summary>Memory of the search under a place.</summary>
    public SearchScratch Search(int place) => _searches[place];

    /// <summary>What brings the 16-bit codes of a query back.</summary>
    public float Scale(int place) => _scales[place];

    /// <summary>What the distances of a search lack: |q|² for L2.</summary>
    public float Shift(int place) => _shifts[place];

    /// <summary>How far an 8-bit distance may be off, in scales of its row.</summary>
    public float Doubt(int place) => _doubts[place];

    /// <summary>The query in the space, padded.</summary>
    public float* Turned(int place) => (float*)_searches[place].Query(Bytes);

    /// <summary>The same as 16-bit codes.</summary>
    public short* Query(int place) => (short*)(Turned(place) + _space.Length);

    /// <summary>Brings a query into the space and quantises it.</summary>
    public void Prepare(int place, ReadOnlySpan<float> query)
    {
        var turned = new Span<float>(Turned(place), (int)_space.Length);
        turned[query.Length..].Clear();
        new Span<short>(Words + query.Length, turned.Length - query.Length).Clear();
        _space.Turn(query, _query, turned);
        _scales[place] = GraphRows.Quantise(turned, GraphRows.QueryMagnitude(_space.Length), new Span<short>(Query(place), turned.Length));
        float squared = TensorPrimitives.SumOfSquares<float>(turned);
        _shifts[place] = _space.SquaredL2 ? squared : 0;
        // An element is off by up to half a step, evenly: by √(1∕12) of a step in the mean of squares, and the query weighs it.
        _doubts[place] = Deviations * MathF.Sqrt(squared / 12) * (_space.SquaredL2 ? 2 : 1);
    }

    /// <summary>Begins a search of the graph.</summary>
    public void Start(int place, in SearchPlan plan, EntryLayer entries)
    {
        short* words = Query(place);
        Span<int> nodes = stackalloc int[EntryLayer.Begin];
        Span<float> distances = stackalloc float[EntryLayer.Begin];
        int count = entries.Nearest<TKernels>(words, _scales[place], _space.SquaredL2, nodes, distances);
        Beams[place].Start(words, _scales[place], plan);
        Beams[place].Seed(nodes[..count]);
    }
}
