namespace Inference.Towers;

/// <summary>How towers run.</summary>
public sealed class TowerOptions
{
    /// <summary>
    /// Execution providers in order of preference: "tensorrt", "cuda", "webgpu", "cpu". The first one runs the towers, the others what it does not take. A bundle whose towers cannot run so is refused, unless
    /// ProviderFallback allows to do without one. Without "cpu" in the list nothing runs on the CPU, not even a single operator.
    /// </summary>
    /// <value>Names separated by commas; default "cpu".</value>
    public IReadOnlyList<string> Providers { get; set; } = ["cpu"];

    /// <summary>
    /// Whether a provider that cannot be used is left out and the rest of the list tried, instead of refusing the bundle. Each one left out is logged as a warning, counted (recsys.tower.provider.fallbacks) and
    /// shown by ModelService, /readyz and the first screen.
    /// </summary>
    /// <value>true or false; default false.</value>
    public bool ProviderFallback { get; set; }

    /// <summary>
    /// Settings of the providers, each as "provider.name=value" with the provider's own names: "cuda.gpu_mem_limit=2147483648", "tensorrt.trt_fp16_enable=1", "webgpu.enableInt64=1". A value has no comma.
    /// </summary>
    /// <value>Settings separated by commas, of providers that are in Providers; default "".</value>
    public IReadOnlyList<string> ProviderOptions { get; set; } = [];

    /// <summary>
    /// Whether the device records the first run of each batch size and replays it from then on, which saves the cost of launching every operator: CUDA graphs with "cuda" and "tensorrt", graph capture with "webgpu". The model
    /// must run on that device whole, and ConcurrentRuns must be 1.
    /// </summary>
    /// <value>true or false; default false.</value>
    public bool GraphCapture { get; set; }

    /// <summary>Which GPU, with "cuda" and "tensorrt".</summary>
    /// <value>0 to 255; default 0.</value>
    public int DeviceId { get; set; }

    /// <summary>
    /// Threads that one operator may use on the CPU, the calling one among them; the pool is shared by all towers of the process, and its threads sleep when they have nothing to do. 0 takes half of the processors, at
    /// least one: towers are small, and the rest of the server needs the others. Processors are those that the cgroup of a container allows. Only the first bundle of a process sets it.
    /// </summary>
    /// <value>0 to 256, 0 for half of the processors; default 0.</value>
    public int IntraOpThreads { get; set; }

    /// <summary>Most rows of one run. Larger calls are cut, and waiting ones are put together up to here.</summary>
    /// <value>1 to 4096; default 128.</value>
    public int MaxBatch { get; set; } = 128;

    /// <summary>How many runs of a tower go on at the same time. More than one helps only on a CPU with cores to spare.</summary>
    /// <value>1 to 64; default 1.</value>
    public int ConcurrentRuns { get; set; } = 1;

    /// <summary>
    /// Most rows that may wait for a tower; above it calls are turned away at once, so that the ladder goes on without the tower. Bulk work (streams, item embedding) may be half of
    /// them. A call counts with a quarter of MaxBatch at most, for that is what it takes in one turn.
    /// </summary>
    /// <value>1 to 1,000,000; default 8192.</value>
    public int MaxQueuedRows { get; set; } = 8192;

    /// <summary>
    /// How long a run of bulk work alone may take, by the times measured: an interactive call that comes meanwhile waits for it. Longer is more work per second where a run has a
    /// high fixed cost, on a GPU for example.
    /// </summary>
    /// <value>00:00:00.0001 to 00:00:01; default 00:00:00.002.</value>
    public TimeSpan MaxBulkRun { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>How long one run may take while a bundle is loaded and checked, so that a model that never ends does not stop the load for ever.</summary>
    /// <value>00:00:01 to 01:00:00; default 00:05:00, for some providers compile the model in their first run.</value>
    public TimeSpan LoadRunTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether a bundle must list the hash of each of its files.</summary>
    /// <value>true or false; default false. Hashes that are listed are always checked.</value>
    public bool RequireHashes { get; set; }

    /// <summary>Everything that is wrong with the options; empty when nothing is.</summary>
    public IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        if (Providers.Count == 0)
            faults.Add($"{nameof(Providers)} is empty; name at least one of {string.Join(", ", Runtime.ExecutionProviders.Names)}.");
        foreach (string provider in Providers)
        {
            if (!Runtime.ExecutionProviders.Names.Contains(provider))
                faults.Add($"{nameof(Providers)} has '{provider}'; it can hold {string.Join(", ", Runtime.ExecutionProviders.Names)}.");
        }

        foreach (string setting in ProviderOptions)
        {
            if (!Runtime.ProviderSettings.TryParse(setting, out string provider, out _, out _))
                faults.Add($"{nameof(ProviderOptions)} has '{setting}'; a setting is written provider.name=value.");
            else if (!Providers.Contains(provider))
                faults.Add($"{nameof(ProviderOptions)} has '{setting}', but '{provider}' is not in {nameof(Providers)}.");
            else if (provider == Runtime.ExecutionProviders.Cpu)
                faults.Add($"{nameof(ProviderOptions)} has '{setting}', but cpu has no settings.");
        }

        if (GraphCapture && ConcurrentRuns != 1)
            faults.Add($"{nameof(GraphCapture)} is true, but {nameof(ConcurrentRuns)} is {ConcurrentRuns}; what was recorded is replayed by one run at a time, so it must be 1.");
        if (GraphCapture && Providers.Count > 0 && Runtime.ExecutionProviders.CaptureSetting(Providers[0]) is null)
            faults.Add($"{nameof(GraphCapture)} is true, but {Providers[0]} records nothing; it needs cuda, tensorrt or webgpu first in {nameof(Providers)}.");
        InRange(DeviceId, 0, 255, nameof(DeviceId));
        InRange(IntraOpThreads, 0, 256, nameof(IntraOpThreads));
        InRange(MaxBatch, 1, 4096, nameof(MaxBatch));
        InRange(ConcurrentRuns, 1, 64, nameof(ConcurrentRuns));
        InRange(MaxQueuedRows, 1, 1_000_000, nameof(MaxQueuedRows));
        if (MaxBulkRun < TimeSpan.FromMicroseconds(100) || MaxBulkRun > TimeSpan.FromSeconds(1))
            faults.Add($"{nameof(MaxBulkRun)} is {MaxBulkRun}; it can be 100 µs to 1 s.");
        if (LoadRunTimeout < TimeSpan.FromSeconds(1) || LoadRunTimeout > TimeSpan.FromHours(1))
            faults.Add($"{nameof(LoadRunTimeout)} is {LoadRunTimeout}; it can be 1 s to 1 h.");
        return faults;

        void InRange(int value, int least, int most, string name)
        {
            if (value < least || value > most)
                faults.Add($"{name} is {value}; it can be {least} to {most}.");
        }
    }

    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    internal void ThrowIfInvalid()
    {
        IReadOnlyList<string> faults = Validate();
        if (faults.Count > 0)
            throw new ArgumentException("The tower options are invalid: " + string.Join(" ", faults));
    }
}
