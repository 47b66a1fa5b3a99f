using System.Runtime.InteropServices;
using Inference.Towers.Runtime;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Inference.Towers.DeviceSearch;

/// <summary>
/// The items of one moment on the device, the buffers of one run over them, and the rows that have changed since. One thread runs at a time; a run with sizes that were there before allocates nothing.
/// </summary>
internal sealed class DeviceMatrix : IDisposable
{
    private readonly InferenceSession _session;
    private readonly ItemVectors _vectors;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _runOptions = new();
    private readonly OrtValue _items;
    private readonly NativeBuffer _queries, _scores, _places, _wanted;
    private readonly Dictionary<(int Queries, int Wanted), Bound> _bound = [];
    private readonly int _mostWanted;
    private int _given;

    /// <param name="session">Of <see cref="TopKModel"/>; stays the caller's.</param>
    /// <param name="onDevice">Whether binding copies the matrix, so that the one in memory goes.</param>
    /// <param name="vectors">Passes to the matrix.</param>
    /// <param name="changed">The rows that changed since a moment before the vectors were copied.</param>
    /// <param name="mostQueries">Of one run.</param>
    /// <param name="mostWanted">Rows per query of one run.</param>
    /// <param name="isProven">Whether products are computed in float32.</param>
    /// <exception cref="OnnxRuntimeException">The device has no room.</exception>
    public DeviceMatrix(InferenceSession session, bool onDevice, ItemVectors vectors, ChangedRows changed, int mostQueries, int mostWanted, bool isProven)
    {
        _session = session;
        _vectors = vectors;
        Changed = changed;
        IsProven = isProven;
        _mostWanted = Math.Min(mostWanted, vectors.Count);
        _queries = new NativeBuffer((nuint)mostQueries * (nuint)vectors.Columns * sizeof(float));
        _scores = new NativeBuffer((nuint)mostQueries * (nuint)_mostWanted * sizeof(float));
        _places = new NativeBuffer((nuint)mostQueries * (nuint)_mostWanted * sizeof(long));
        _wanted = new NativeBuffer(sizeof(long));
        _items = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, vectors.ElementType, [vectors.Count, vectors.Columns], vectors.Address, vectors.Bytes);
        _binding = session.CreateIoBinding();
        try
        {
            _binding.BindInput(TopKModel.Items, _items);
            _binding.SynchronizeBoundInputs();
        }
        catch
        {
            Dispose();
            throw;
        }

        if (!onDevice)
            return;
        // What is bound is the device's copy.
        _items.Dispose();
        vectors.Dispose();
    }

    /// <summary>What the matrix is made of; only its shape is left where the matrix lies on a device.</summary>
    public ItemVectors Vectors => _vectors;

    /// <summary>Rows of the index whose vectors are not those of the matrix any more.</summary>
    public ChangedRows Changed { get; }

    /// <summary>Whether scores differ from those of the index by the rounding of float32 alone.</summary>
    public bool IsProven { get; }

    /// <summary>Most rows that a query can be given.</summary>
    public int MostWanted => _mostWanted;

    /// <summary>Where the query of a place in the batch is written.</summary>
    public Span<float> Query(int place)
    {
        int bytes = _vectors.Columns * sizeof(float);
        return MemoryMarshal.Cast<byte, float>(_queries.Slice((nuint)place * (nuint)bytes, bytes));
    }

    /// <summary>Searches for the queries that were written.</summary>
    /// <param name="queries">How many, 1 to the most of a run.</param>
    /// <param name="padded">How many are computed.</param>
    /// <param name="wanted">Rows for each.</param>
    /// <returns>How many rows each got: the wanted ones, or all there are.</returns>
    /// <exception cref="OnnxRuntimeException">The device failed.</exception>
    public int Run(int queries, int padded, int wanted)
    {
        wanted = Math.Min(wanted, _mostWanted);
        // Surplus queries repeat the first one: no run meets numbers that nobody sent.
        for (int place = queries; place < padded; place++)
            Query(0).CopyTo(Query(place));
        if (!_bound.TryGetValue((padded, wanted), out Bound? bound))
            _bound.Add((padded, wanted), bound = Bind(padded, wanted));
        MemoryMarshal.Cast<byte, long>(_wanted.Slice(0, sizeof(long)))[0] = wanted;
        // Binding copies an input to the device, so these are bound for each run; the matrix is not.
        _binding.BindInput(TopKModel.Queries, bound.Queries);
        _binding.BindInput(TopKModel.Wanted, bound.Wanted);
        _binding.BindOutput(TopKModel.Scores, bound.Scores);
        _binding.BindOutput(TopKModel.Places, bound.Places);
        _session.RunWithBinding(_runOptions, _binding);
        _binding.SynchronizeBoundOutputs();
        return _given = wanted;
    }

    /// <summary>The scores of a query after a run, best first; as the device computes them.</summary>
    public ReadOnlySpan<float> Scores(int place) =>
        MemoryMarshal.Cast<byte, float>(_scores.Slice((nuint)place * (nuint)_given * sizeof(float), _given * sizeof(float)));

    /// <summary>The rows of the matrix of a query after a run, in the order of <see cref="Scores"/>.</summary>
    public ReadOnlySpan<long> Places(int place) =>
        MemoryMarshal.Cast<byte, long>(_places.Slice((nuint)place * (nuint)_given * sizeof(long), _given * sizeof(long)));

    /// <summary>Makes the run under way, and later ones, fail. From any thread.</summary>
    public void Terminate() => _runOptions.Terminate = true;

    public void Dispose()
    {
        foreach (Bound bound in _bound.Values)
            bound.Dispose();
        _bound.Clear();
        _binding?.Dispose();
        _items?.Dispose();
        _runOptions.Dispose();
        _queries.Dispose();
        _scores.Dispose();
        _places.Dispose();
        _wanted.Dispose();
        _vectors.Dispose();
    }

    private Bound Bind(int rows, int given) => new(
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Float, [rows, _vectors.Columns], _queries.Address, (long)rows * _vectors.Columns * sizeof(float)),
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Int64, [1], _wanted.Address, sizeof(long)),
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Float, [rows, given], _scores.Address, (long)rows * given * sizeof(float)),
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Int64, [rows, given], _places.Address, (long)rows * given * sizeof(long)));

    private sealed record Bound(OrtValue Queries, OrtValue Wanted, OrtValue Scores, OrtValue Places) : IDisposable
    {
        public void Dispose()
        {
            Queries.Dispose();
            Wanted.Dispose();
            Scores.Dispose();
            Places.Dispose();
        }
    }
}
