using System.Buffers;

namespace Fuzz.Targets.Grpc;

/// <summary>Bytes as a sequence of segments, cut by what they say themselves: the same bytes are always cut in the same places.</summary>
internal static class Split
{
    public static ReadOnlySequence<byte> Of(byte[] bytes)
    {
        if (bytes.Length < 2)
            return new ReadOnlySequence<byte>(bytes);
        var random = new Random(bytes.Length * 31 + bytes[0]);
        Segment? first = null, last = null;
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - at, random.Next(4) == 0 ? random.Next(64) : random.Next(7));
            last = new Segment(bytes.AsMemory(at, length), last);
            first ??= last;
            at += length;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is null)
                return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
