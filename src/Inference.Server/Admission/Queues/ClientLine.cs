namespace Inference.Server.Admission.Queues;

/// <summary>What one client waits for, in order. Not safe for concurrent use: its queue's lock guards it.</summary>
internal sealed class ClientLine
{
    /// <summary>Who waits.</summary>
    public object? Client { get; set; }

    public int Count { get; private set; }

    public Waiter? First { get; private set; }

    public Waiter? Last { get; private set; }

    /// <summary>Neighbours in the ring of the lines that are not empty.</summary>
    public ClientLine? Next { get; set; }

    public ClientLine? Previous { get; set; }

    public void Add(Waiter waiter)
    {
        waiter.Line = this;
        waiter.Before = Last;
        waiter.Behind = null;
        if (Last is null)
            First = waiter;
        else
            Last.Behind = waiter;
        Last = waiter;
        Count++;
    }

    public void Remove(Waiter waiter)
    {
        if (waiter.Before is null)
            First = waiter.Behind;
        else
            waiter.Before.Behind = waiter.Behind;
        if (waiter.Behind is null)
            Last = waiter.Before;
        else
            waiter.Behind.Before = waiter.Before;
        waiter.Line = null;
        waiter.Before = waiter.Behind = null;
        Count--;
    }
}
