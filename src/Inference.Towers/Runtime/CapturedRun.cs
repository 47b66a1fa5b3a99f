using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>
/// One size of runs that a device records the first time and replays from then on. A replay reads and writes where the recorded run did, so inputs and output have places of their own on the device, which are filled before and
/// read after it. A recording is replayed by one run at a time: whoever owns the slot that owns this.
/// </summary>
internal sealed class CapturedRun : IDisposable
{
    /// <summary>Names the recording among those of the session.</summary>
    private const string GraphKey = "gpu_graph_id";

    private readonly TowerModel _model;
    private readonly DeviceCopies _copies;
    private readonly TowerShape _shape;
    private readonly OrtValue[] _host;
    private readonly OrtValue[] _device;
    private readonly OrtIoBinding _upload;
    private readonly OrtIoBinding _run;
    private readonly OrtIoBinding _download;
    private readonly RunOptions _runOptions = new();

    /// <param name="host">The tensors of this size in the memory of the process: the inputs in order, then the output. Stay the caller's.</param>
    public CapturedRun(TowerModel model, DeviceCopies copies, TowerShape shape, int rows, int columns, OrtValue[] host)
    {
        _model = model;
        _copies = copies;
        _shape = shape;
        _host = host;
        _device = new OrtValue[host.Length];
        _upload = copies.Inputs.CreateIoBinding();
        _run = model.Session.CreateIoBinding();
        _download = copies.Output.CreateIoBinding();
        try
        {
            _runOptions.AddRunConfigEntry(GraphKey, copies.NextGraph());
            for (int i = 0; i < shape.Inputs.Count; i++)
            {
                string name = shape.Inputs[i].Name;
                _device[i] = OrtValue.CreateAllocatedTensorValue(copies.Allocator, shape.Inputs[i].ElementType, shape.Inputs[i].ShapeOf(rows, columns));
                _upload.BindOutput(DeviceCopies.CopyOf(name), _device[i]);
                _run.BindInput(name, _device[i]);
            }

            _device[^1] = OrtValue.CreateAllocatedTensorValue(copies.Allocator, shape.OutputType, shape.OutputShapeOf(rows));
            _run.BindOutput(shape.Output, _device[^1]);
            _download.BindInput(shape.Output, _device[^1]);
            _download.BindOutput(DeviceCopies.CopyOf(shape.Output), host[^1]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Copies the inputs to the device, runs or replays, and copies the output back.</summary>
    /// <param name="options">Of the slot; ends the run when it is terminated.</param>
    public void Run(RunOptions options)
    {
        for (int i = 0; i < _shape.Inputs.Count; i++)
            _upload.BindInput(_shape.Inputs[i].Name, _host[i]);
        _copies.Inputs.RunWithBinding(options, _upload);
        _upload.SynchronizeBoundOutputs();
        _model.Session.RunWithBinding(_runOptions, _run);
        _run.SynchronizeBoundOutputs();
        _copies.Output.RunWithBinding(options, _download);
        _download.SynchronizeBoundOutputs();
    }

    public void Dispose()
    {
        _download.Dispose();
        _run.Dispose();
        _upload.Dispose();
        foreach (OrtValue? value in _device)
            value?.Dispose();
        _runOptions.Dispose();
    }
}
