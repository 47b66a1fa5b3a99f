using Inference.Recommendations.Ports;
using Inference.Towers.Batching;
using Inference.Towers.Runtime;

namespace Inference.Towers.Tensors;

/// <summary>
/// A tower as its graph sees itself: tensors in, tensors out; no features, no encoders, no check of what comes out. Its runs take turns with those of the tower that it lies beneath. It lives as long as the
/// snapshot of that tower: whoever uses it holds the snapshot.
/// </summary>
public sealed class RawTower
{
    private readonly TowerModel _model;
    private readonly TimeProvider _time;
    private readonly BatchMeters _meters;

    /// <param name="name">"user" or "item", for metrics.</param>
    /// <param name="model">The model; its owner disposes it.</param>
    /// <param name="shape">Its inputs and output.</param>
    /// <param name="turn">How a run gets the model for itself.</param>
    /// <param name="time">The clock.</param>
    internal RawTower(string name, TowerModel model, TowerShape shape, ExclusiveTurn turn, TimeProvider time)
    {
        _model = model;
        _time = time;
        _meters = new BatchMeters(name);
        Turn = turn;
        MaxBatch = shape.MaxBatch;
        InputNames = [.. model.Session.InputNames];
        Inputs = TowerTensors.InputsOf(model.Session, shape);
        Outputs = TowerTensors.OutputsOf(model.Session);
    }

    /// <summary>What has to be given, in the graph's order.</summary>
    public IReadOnlyList<TensorSpec> Inputs { get; }

    /// <summary>What can be had, in the graph's order.</summary>
    public IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>Most rows of one run.</summary>
    public int MaxBatch { get; }

    internal string[] InputNames { get; }

    /// <summary>What lies beneath a tower; null where that is no graph.</summary>
    public static RawTower? Beneath(IUserTower tower) => (tower as OnnxUserTower)?.Raw;

    /// <inheritdoc cref="Beneath(IUserTower)"/>
    public static RawTower? Beneath(IItemTower? tower) => (tower as OnnxItemTower)?.Raw;

    /// <inheritdoc cref="Beneath(IUserTower)"/>
    public static RawTower? Beneath(IRanker? ranker) => (ranker as OnnxRanker)?.Raw;

    /// <summary>How anything gets its turn on the tower's device.</summary>
    internal ExclusiveTurn Turn { get; }

    /// <summary>Runs the graph when it is the run's turn.</summary>
    /// <param name="run">A run of this tower that was not given to it before.</param>
    /// <param name="urgency">Whose turn comes first, and how long an answer is of use.</param>
    /// <param name="cancellationToken">Gives up waiting; a run that has begun goes on.</param>
    /// <exception cref="TowerException">The model failed.</exception>
    public async ValueTask<TensorRunOutcome> RunAsync(TensorRun run, Urgency urgency, CancellationToken cancellationToken) =>
        await Turn(() => Execute(run), run.Rows, run.Length, urgency, cancellationToken) switch
        {
            EncodeOutcome.Late => TensorRunOutcome.Late,
            EncodeOutcome.Refused => TensorRunOutcome.Refused,
            _ => run.Refusal is null ? TensorRunOutcome.Done : TensorRunOutcome.Unfit,
        };

    private void Execute(TensorRun run)
    {
        long start = _time.GetTimestamp();
        run.Execute(_model);
        int cells = run.Rows * run.Length;
        _meters.Ran(_time.GetElapsedTime(start), run.Rows, cells, cells);
    }
}

/// <summary>Gives a job its turn on a device, alone.</summary>
/// <param name="job">What to do; it owns what it touches.</param>
/// <param name="rows">What it costs, as a batch of so many rows</param>
/// <param name="length">of this length.</param>
internal delegate ValueTask<EncodeOutcome> ExclusiveTurn(Action job, int rows, int length, Urgency urgency, CancellationToken cancellationToken);
