using System.Runtime.CompilerServices;

namespace Inference.Server.Admission;

/// <summary>All permits that there can be, made when they are first needed. Renting and returning take neither lock nor memory: a stack of those that are free, linked by their indexes (Treiber), with a count beside the head against ABA.</summary>
internal sealed class PermitPool
{
    private const int None = -1;

    private readonly Permit?[] _all;
    private readonly CallAdmission _owner;
    private long _head = unchecked((uint)None);
    private int _made;
    private int _rented;

    /// <param name="most">How many there can be.</param>
    /// <param name="owner">Whose they are.</param>
    public PermitPool(int most, CallAdmission owner)
    {
        _all = new Permit?[most];
        _owner = owner;
    }

    /// <summary>How many are not free.</summary>
    public int Rented => Volatile.Read(ref _rented);

    /// <summary>Those that were made so far, free or not.</summary>
    public ReadOnlySpan<Permit?> All => _all.AsSpan(0, Math.Min(Volatile.Read(ref _made), _all.Length));

    /// <summary>A permit that is free; null where all are in use.</summary>
    public Permit? Rent()
    {
        long head = Volatile.Read(ref _head);
        while ((int)head != None)
        {
            Permit first = _all[(int)head]!;
            long seen = Interlocked.CompareExchange(ref _head, Next(head, first.NextFree), head);
            if (seen == head)
            {
                Interlocked.Increment(ref _rented);
                return first;
            }

            head = seen;
        }

        return Make();
    }

    public void Return(Permit permit)
    {
        Interlocked.Decrement(ref _rented);
        long head = Volatile.Read(ref _head);
        while (true)
        {
            permit.NextFree = (int)head;
            long seen = Interlocked.CompareExchange(ref _head, Next(head, permit.Index), head);
            if (seen == head)
                return;
            head = seen;
        }
    }

    /// <summary>The head after a change: the count in the upper half, the index in the lower.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Next(long head, int index) => unchecked((((head >> 32) + 1) << 32) | (uint)index);

    private Permit? Make()
    {
        if (Volatile.Read(ref _made) >= _all.Length)
            return null;
        int index = Interlocked.Increment(ref _made) - 1;
        if (index >= _all.Length)
        {
            // The count may pass the end by as many as race for the last one.
            Interlocked.Decrement(ref _made);
            return null;
        }

        var permit = new Permit(_owner, index);
        Volatile.Write(ref _all[index], permit);
        Interlocked.Increment(ref _rented);
        return permit;
    }
}
