namespace Inference.Towers;

/// <summary>How towers run.</summary>
public sealed class TowerOptions
{
    /// <summary>
    /// Execution providers in order of preference: "tensorrt", "cuda", "webgpu", "cpu". One that cannot be used is logged and skipped; when none is left the bundle is
    /// refused. Without "cpu" in the list nothing runs on the CPU, not even a single operator.
    /// </summary>
    /// <value>Names separated by commas; default "cpu".</value>
    public IReadOnlyList<string> Providers { get; set; } = ["cpu"];

    /// <summary>Which GPU.</summary>
    /// <value>0 to 255; default 0.</value>
    public int DeviceId { get; set; }

    /// <summary>
    /// Threads that one operator may use on the CPU, shared by all towers of the process. Towers are small: one thread is fastest for single users, and leaves the others
    /// to the rest of the server. Only the first bundle of a process sets it.
    /// </summary>
    /// <value>1 to 256; default 1.</value>
    public int IntraOpThreads { get; set; } = 1;

    /// <summary>Most rows of one run. Larger calls are cut, and waiting ones are put together up to here.</summary>
    /// <value>1 to 4096; default 128.</value>
    public int MaxBatch { get; set; } = 128;

    /// <summary>How many runs of a tower go on at the same time. More than one helps only on a CPU with cores to spare.</summary>
    /// <value>1 to 64; default 1.</value>
    public int ConcurrentRuns { get; set; } = 1;

    /// <summary>Most rows that may wait for a tower; above it calls fail at once, so that the ladder goes on without the tower.</summary>
    /// <value>1 to 1,000,000; default 8192.</value>
    public int MaxQueuedRows { get; set; } = 8192;

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

        InRange(DeviceId, 0, 255, nameof(DeviceId));
        InRange(IntraOpThreads, 1, 256, nameof(IntraOpThreads));
        InRange(MaxBatch, 1, 4096, nameof(MaxBatch));
        InRange(ConcurrentRuns, 1, 64, nameof(ConcurrentRuns));
        InRange(MaxQueuedRows, 1, 1_000_000, nameof(MaxQueuedRows));
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
