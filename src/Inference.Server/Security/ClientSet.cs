using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Inference.Protocol.Access;
using Inference.Server.Entry;

namespace Inference.Server.Security;

/// <summary>One API key of a client, as the server keeps it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Hash">SHA-256 of the key, 32 bytes.</param>
/// <param name="Expires">When it ceases to be good; null for never.</param>
/// <param name="Caller">Whose it is.</param>
internal sealed record ClientKey(string Id, byte[] Hash, DateTimeOffset? Expires, Caller Caller);

/// <summary>The clients of one file. Immutable.</summary>
internal sealed class ClientSet
{
    /// <summary>Compared with where there is no such key, so that an unknown id takes as long as a wrong secret.</summary>
    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    private readonly FrozenDictionary<string, ClientKey> _keys;
    private readonly FrozenDictionary<string, ClientKey>.AlternateLookup<ReadOnlySpan<char>> _keysById;
    private readonly FrozenDictionary<string, Caller> _certificates;

    /// <param name="names">Names of all clients.</param>
    /// <param name="keys">Their keys, of different ids.</param>
    /// <param name="certificates">Callers by a name in their certificates: "subject:CN=web", "dns:web.internal", "uri:spiffe://…".</param>
    public ClientSet(IReadOnlyList<string> names, IEnumerable<ClientKey> keys, IEnumerable<KeyValuePair<string, Caller>> certificates)
    {
        Names = names;
        _keys = keys.ToFrozenDictionary(key => key.Id, StringComparer.Ordinal);
        _keysById = _keys.GetAlternateLookup<ReadOnlySpan<char>>();
        _certificates = certificates.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>No clients.</summary>
    public static ClientSet Empty { get; } = new([], [], []);

    public IReadOnlyList<string> Names { get; }

    /// <summary>Whose key it is; null for a text that is no good key. Allocates nothing.</summary>
    public Caller? FindByKey(ReadOnlySpan<char> text, DateTimeOffset now)
    {
        if (!ApiKey.TryGetId(text, out ReadOnlySpan<char> id))
            return null;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        ApiKey.Hash(text, hash);
        bool isKnown = _keysById.TryGetValue(id, out ClientKey? key);
        bool isRight = CryptographicOperations.FixedTimeEquals(hash, isKnown ? key!.Hash : NoHash);
        return isKnown && isRight && !(key!.Expires <= now) ? key.Caller : null;
    }

    /// <summary>Whose certificate it is, by a name in it.</summary>
    public bool TryFindByCertificate(string name, [NotNullWhen(true)] out Caller? caller) => _certificates.TryGetValue(name, out caller);
}
