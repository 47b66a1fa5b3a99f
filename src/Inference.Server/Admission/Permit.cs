using Grpc.Core;
using Inference.Server.Admission.Queues;
using Inference.Server.Admission.Quotas;
using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Server.Json;

namespace Inference.Server.Admission;

/// <summary>
/// One call that was let in, until it ends; a feature of its request. Permits are as many as calls may be in flight, and are used again and again.
/// <code>
///  Free ─▸ Reading ─▸ Answering ─▸ Free          the message is there when the method is reached
///             └─▸ Suspended ─▸ Answering         it is not: place and thread go back until it is
///             └─▸ CutOff                         it takes too long
/// </code>
/// </summary>
internal sealed class Permit(CallAdmission owner, int index) : Waiter
{
    private const int Free = 0, Reading = 1, Suspended = 2, Answering = 3, CuttingOff = 4, CutOff = 5;

    private int _state;
    private HttpContext? _http;

    /// <summary>Its place among all permits.</summary>
    public int Index { get; } = index;

    /// <summary>The next one that is free; the pool's.</summary>
    public int NextFree { get; set; }

    /// <summary>What the call's method asks.</summary>
    public MethodRule Rule { get; private set; } = null!;

    /// <summary>Whose call it is.</summary>
    public object Client { get; private set; } = null!;

    /// <summary>The client's quota; null where it has none.</summary>
    public ClientUse? Use { get; private set; }

    /// <summary>Timestamp since which its message is waited for: when the call came, or was let in.</summary>
    public long Came { get; set; }

    /// <summary>Timestamp at which work on it began: when it was let in, or its message was there.</summary>
    public long Began { get; set; }

    /// <summary>How long its caller waits, in ticks of timestamps; <see cref="long.MaxValue"/> where that is not said.</summary>
    public long Timeout { get; private set; }

    /// <summary>Whether there was no room, and the call is answered without a model.</summary>
    public bool IsOverflow { get; set; }

    public void Begin(HttpContext http, MethodRule rule, object client, ClientUse? use, long now, long timeout)
    {
        (Rule, Client, Use, Came, Began, Timeout, IsOverflow) = (rule, client, use, now, now, timeout, false);
        IsBulk = rule.Class == CallClass.Bulk;
        _http = http;
        Volatile.Write(ref _state, Reading);
    }

    /// <summary>The permit of a call; null where it needed none.</summary>
    public static Permit? Of(ServerCallContext context) => (context is JsonCall json ? json.Http : context.GetHttpContext()).Features.Get<Permit>();

    /// <summary>Says that the thread that began the call goes on to something else. If the message is not there yet, the place is free, too.</summary>
    public void LeaveThread()
    {
        if (Interlocked.CompareExchange(ref _state, Suspended, Reading) == Reading)
            owner.Room.Leave(this);
        else
            owner.Room.LeaveThread(this);
    }

    /// <summary>Says that the message is there and work begins: where it was not for a while, there has to be room again.</summary>
    /// <returns>Why the call gets no further; null where it does.</returns>
    public ValueTask<Failure?> BeginAnswerAsync()
    {
        if (!TryAnswer(out bool wasSuspended))
            return ValueTask.FromResult<Failure?>(HttpFailures.CallerGone);
        return wasSuspended && !IsOverflow ? owner.ReenterAsync(this) : ValueTask.FromResult<Failure?>(null);
    }

    /// <summary>Says that the answer is there, whether or not it is what was wanted: place and thread are free, while it is still to be sent.</summary>
    /// <param name="isMeasure">Whether the time that it took is one of those by which others are measured.</param>
    public void Answered(bool isMeasure) => owner.Answered(this, isMeasure);

    /// <summary>Notes that the message is there.</summary>
    /// <param name="wasSuspended">Whether it was not for a while.</param>
    /// <returns>False where it took too long.</returns>
    private bool TryAnswer(out bool wasSuspended)
    {
        wasSuspended = Interlocked.CompareExchange(ref _state, Answering, Suspended) == Suspended;
        return wasSuspended || Interlocked.CompareExchange(ref _state, Answering, Reading) is Reading or Answering;
    }

    /// <summary>Cuts the call off where its message is still not there and it came before a moment.</summary>
    /// <returns>Whether it was cut off.</returns>
    public bool CutOffIfReading(long cameBefore)
    {
        int state = Volatile.Read(ref _state);
        if (state is not (Reading or Suspended) || Rule.IsStream || Came >= cameBefore || IsWaiting || Interlocked.CompareExchange(ref _state, CuttingOff, state) != state)
            return false;
        // The call cannot end meanwhile, so the request is still its own.
        _http?.Abort();
        Volatile.Write(ref _state, CutOff);
        return true;
    }

    /// <summary>Gives back the permit and all that it holds.</summary>
    public void End()
    {
        SpinWait spin = default;
        int state;
        while ((state = Volatile.Read(ref _state)) == CuttingOff || Interlocked.CompareExchange(ref _state, Free, state) != state)
            spin.SpinOnce();
        _http = null;
        owner.Ended(this);
        Use?.Leave();
        Use = null;
        Client = this;
        owner.Return(this);
    }
}
