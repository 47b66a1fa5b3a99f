using System.Numerics;
using Inference.Recommendations.Ports;
using Inference.Towers.Batching;
using Inference.Towers.Runtime;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.DeviceSearch;

/// <summary>Runs batches of queries over the matrix of the moment. A query is a row of the batcher, and the rows of the index that it wants are its length: both are padded to powers of two, so that the sizes of runs are few.</summary>
internal sealed class DeviceRunner : IBatchRunner<DeviceQuery>
{
    private readonly InferenceSession _session;
    private readonly string _provider;
    private readonly int _mostQueries;
    private DeviceMatrix _matrix;
    private int _wanted;
    private int _given;

    /// <param name="matrix">Passes to the runner.</param>
    /// <param name="session">What the matrices run in; passes to the runner.</param>
    /// <param name="mostQueries">Of one run.</param>
    /// <param name="provider">The first of the session.</param>
    public DeviceRunner(DeviceMatrix matrix, InferenceSession session, int mostQueries, string provider)
    {
        _matrix = matrix;
        _session = session;
        _mostQueries = mostQueries;
        _provider = provider;
    }

    /// <summary>What is searched now.</summary>
    public DeviceMatrix Matrix => Volatile.Read(ref _matrix);

    public int MaxBatch => _mostQueries;

    public int MaxLength => DeviceSearchPlan.MostWanted;

    public int PaddedRows(int rows) => Math.Min((int)BitOperations.RoundUpToPowerOf2((uint)rows), _mostQueries);

    public int PaddedLength(int length) => DeviceSearchPlan.Padded(length);

    public int LengthOf(in DeviceQuery work, int row) => work.Wanted;

    public void Begin(int slot, int paddedLength) => _wanted = paddedLength;

    public void Read(int slot, int place, in DeviceQuery work, int row) => work.Prepared.CopyTo(_matrix.Query(place));

    public void Run(int slot, int rows)
    {
        using Lock.Scope turn = ExecutionProviders.TurnOn(_provider);
        _given = _matrix.Run(rows, PaddedRows(rows), _wanted);
    }

    public Exception? Write(int slot, int place, in DeviceQuery work, int row)
    {
        work.Hits.Take(_matrix, place, _given);
        return null;
    }

    public TowerException Explain(Exception failure) =>
        new(failure is OnnxRuntimeException ? $"The search on the device failed: {failure.Message}" : "The search on the device failed.", failure);

    /// <summary>Goes over to another matrix, and lets the old one go. Where no run is under way: a job of the batcher.</summary>
    public void Replace(DeviceMatrix matrix)
    {
        DeviceMatrix old = _matrix;
        Volatile.Write(ref _matrix, matrix);
        LetGo(old);
    }

    /// <summary>Disposes a matrix.</summary>
    public void LetGo(DeviceMatrix matrix)
    {
        using Lock.Scope turn = ExecutionProviders.TurnOn(_provider);
        matrix.Dispose();
    }

    /// <summary>Makes the run under way, and later ones, fail. From any thread.</summary>
    public void Terminate() => Matrix.Terminate();

    public void Release()
    {
        using Lock.Scope turn = ExecutionProviders.TurnOn(_provider);
        _matrix.Dispose();
        _session.Dispose();
    }
}
