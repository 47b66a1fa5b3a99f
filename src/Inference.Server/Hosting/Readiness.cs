namespace Inference.Server.Hosting;

/// <summary>Where the server is in its life.</summary>
internal enum ServerState
{
    /// <summary>The model is being loaded and checked.</summary>
    Loading,

    /// <summary>Calls are answered.</summary>
    Ready,

    /// <summary>Calls are still answered, but new callers should go elsewhere.</summary>
    Stopping,
}

/// <summary>Whether the server answers calls, and a signal when that changes. Safe for concurrent use.</summary>
internal sealed class Readiness
{
    private readonly Lock _lock = new();
    private Moment _now = new(ServerState.Loading);

    public ServerState State => Volatile.Read(ref _now).State;

    public bool IsReady => State == ServerState.Ready;

    /// <summary>The state together with the task that ends when it is no longer this one.</summary>
    public (ServerState State, Task Changed) Observe()
    {
        Moment now = Volatile.Read(ref _now);
        return (now.State, now.Changed.Task);
    }

    /// <summary>Goes to a later state; a state that is behind the present one is ignored, so a model that is ready late does not make a stopping server ready.</summary>
    public void Advance(ServerState state)
    {
        Moment before;
        lock (_lock)
        {
            if (state <= _now.State)
                return;
            before = _now;
            Volatile.Write(ref _now, new Moment(state));
        }

        before.Changed.SetResult();
    }

    private sealed record Moment(ServerState State)
    {
        public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
