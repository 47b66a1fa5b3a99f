namespace Inference.Server.Admission;

/// <summary>Looks after what happens while no call does it: waits that are of no use, messages that do not come, and the beginning and end of an overload, of which the log has one line each.</summary>
internal sealed class AdmissionWatch(CallAdmission admission, TimeProvider time, ILogger<AdmissionWatch> log) : IHostedService, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    private ITimer? _timer;
    private int _isLooking;
    private long _looked;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(static watch => ((AdmissionWatch)watch!).Look(), this, Period, Period);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        // On a busy machine ticks may meet.
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
            return;
        long now = time.GetTimestamp();
        if (_looked != 0 && now > _looked)
            admission.Threads.Look(time.GetElapsedTime(_looked, now));
        _looked = now;
        admission.Sweep();
        switch (admission.Pressure.Tick(time.GetUtcNow()))
        {
            case Pressure.Change.Began:
                (int interactive, int bulk) = admission.Room.Waiting;
                Log.Overloaded(log, admission.Room.InFlight, admission.Limit, interactive + bulk);
                break;
            case Pressure.Change.Ended:
                (TimeSpan lasted, long refused) = admission.Pressure.Episode;
                Log.OverloadEnded(log, refused, lasted);
                admission.Pressure.Close();
                break;
        }

        Volatile.Write(ref _isLooking, 0);
    }
}
