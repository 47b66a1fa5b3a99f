using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>
/// A hash of what the pages of one list have in common: who asks, what may be shown, and how it is chosen. What is known of the user may change from page to page (context, recent items), and so may the limit, the request id and what is
/// explained: they are not part of it. Lists of ids are sets, so their order does not count. The same in all processes; it tells mistakes, not attacks.
/// </summary>
internal static class PageQuestion
{
    private const ulong Prime = 0x9FB21C651E98DF25;

    public static ulong Of(RecommendRequest request)
    {
        ulong hash = Mix(1, Of(request.UserId));
        return Mix(Shown(hash, request.ExcludedItemIds, request.AllowedItemIds, request.Filter, request.Surface), Of(request.Options));
    }

    public static ulong Of(SimilarItemsRequest request)
    {
        ulong hash = Mix(2, Of(request.ItemIds));
        return Mix(Shown(hash, request.ExcludedItemIds, request.AllowedItemIds, request.Filter, request.Surface), Of(request.Options));
    }

    private static ulong Shown(ulong hash, RepeatedField<string> excluded, RepeatedField<string> allowed, string filter, string surface)
    {
        hash = Mix(hash, Of(excluded));
        hash = Mix(hash, Of(allowed));
        hash = Mix(hash, Of(filter));
        return Mix(hash, Of(surface));
    }

    private static ulong Of(RecommendOptions? options)
    {
        if (options is null)
            return Of(NoOptions);
        ulong hash = Mix(options.IncludeSeen ? 1u : 0u, Of(options.ModelVersion));
        hash = Mix(hash, Of(options.Retrievers));
        hash = Mix(hash, Of((IMessage?)options.Diversity));
        hash = Mix(hash, Of((IMessage?)options.Exploration));
        return Mix(hash, Of((IMessage?)options.Slate));
    }

    private static RecommendOptions NoOptions { get; } = new();

    private static ulong Of(IMessage? message)
    {
        // A message without fields says as much as none.
        if (message is null || message.CalculateSize() == 0)
            return 0;
        return Of(message.ToByteArray());
    }

    private static ulong Of(RepeatedField<string> ids)
    {
        ulong sum = (ulong)ids.Count;
        for (int i = 0; i < ids.Count; i++)
            sum += Of(ids[i]);
        return sum;
    }

    private static ulong Of(string text) => Of(MemoryMarshal.AsBytes(text.AsSpan()));

    private static ulong Of(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (ulong)bytes.Length;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        ulong last = 0;
        for (int i = 0; i < bytes.Length; i++)
            last |= (ulong)bytes[i] << (8 * i);
        return Mix(hash, last);
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (ulong.RotateLeft(hash, 23) ^ value) * Prime;
        return (hash ^ (hash >> 35)) * Prime;
    }
}
