using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Inference.Server.Entry;

namespace Inference.Server.Security.Jwt;

/// <summary>The SHA-256 of a token: what it is known by, so that memory holds no token.</summary>
internal readonly record struct TokenHash(ulong A, ulong B, ulong C, ulong D)
{
    /// <param name="token">A token of at most Inference:Jwt:MaxTokenBytes.</param>
    public static TokenHash Of(ReadOnlySpan<char> token)
    {
        const int mostOnStack = 2048;
        int most = Encoding.UTF8.GetMaxByteCount(token.Length);
        byte[]? rented = most > mostOnStack ? System.Buffers.ArrayPool<byte>.Shared.Rent(most) : null;
        Span<byte> utf8 = rented ?? stackalloc byte[mostOnStack];
        int length = Encoding.UTF8.GetBytes(token, utf8);
        Span<TokenHash> hash = stackalloc TokenHash[1];
        SHA256.HashData(utf8[..length], MemoryMarshal.AsBytes(hash));
        if (rented is not null)
            System.Buffers.ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        return hash[0];
    }
}

/// <summary>
/// Tokens that were found good, until they expire. Two generations: new ones go into the young one; when that is full it becomes the old one, and the old one is forgotten. So it never holds more than
/// its limit, and what is used stays. Safe for concurrent use.
/// </summary>
/// <param name="entries">Most tokens; 0 keeps none.</param>
internal sealed class TokenCache(int entries)
{
    private readonly int _most = (entries + 1) / 2;
    private Generation _young = new();
    private Generation _old = new();

    /// <summary>Whose token it is; null where that is not known, or it has expired.</summary>
    public Caller? Find(in TokenHash hash, DateTimeOffset now)
    {
        if (Volatile.Read(ref _young).Tokens.TryGetValue(hash, out Entry entry))
            return now < entry.Until ? entry.Caller : null;
        if (!Volatile.Read(ref _old).Tokens.TryGetValue(hash, out entry) || now >= entry.Until)
            return null;
        Add(hash, entry.Caller, entry.Until);
        return entry.Caller;
    }

    /// <summary>Keeps a token.</summary>
    public void Add(in TokenHash hash, Caller caller, DateTimeOffset until)
    {
        if (_most == 0)
            return;
        Generation young = Volatile.Read(ref _young);
        if (!young.Tokens.TryAdd(hash, new Entry(caller, until)) || Interlocked.Increment(ref young.Count) < _most)
            return;
        if (Interlocked.CompareExchange(ref _young, new Generation(), young) == young)
            Volatile.Write(ref _old, young);
    }

    private readonly record struct Entry(Caller Caller, DateTimeOffset Until);

    private sealed class Generation
    {
        public int Count;

        public ConcurrentDictionary<TokenHash, Entry> Tokens { get; } = new();
    }
}
