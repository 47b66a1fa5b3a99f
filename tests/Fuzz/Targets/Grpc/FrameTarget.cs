using System.Buffers;
using System.Buffers.Binary;
using Fuzz.Engine;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Fuzz.Targets.Grpc;

/// <summary>Frames of messages: cut into segments or not they are the same, and written again they are what was read.</summary>
internal sealed class FrameTarget : FuzzTarget
{
    private const int MostMessageBytes = 4096;

    public override string Name => "grpc-frames";

    public override IEnumerable<byte[]> Seeds()
    {
        yield return Frame(false, []);
        yield return Frame(false, [1, 2, 3]);
        yield return [.. Frame(false, new byte[300]), .. Frame(true, [9, 9]), .. Frame(false, [])];
    }

    public override bool Read(byte[] input)
    {
        (List<(bool, byte[])> whole, StatusCode wholeEnd, int left) = Frames(new ReadOnlySequence<byte>(input));
        (List<(bool, byte[])> cut, StatusCode cutEnd, int leftOfCut) = Frames(Split.Of(input));
        FuzzException.Unless((wholeEnd, left) == (cutEnd, leftOfCut), "frames end elsewhere when they are cut");
        FuzzException.Unless(whole.Count == cut.Count && whole.Zip(cut).All(pair => pair.First.Item1 == pair.Second.Item1 && pair.First.Item2.AsSpan().SequenceEqual(pair.Second.Item2)), "frames differ when they are cut");
        byte[] again = [.. whole.SelectMany(frame => Frame(frame.Item1, frame.Item2))];
        FuzzException.Unless(again.AsSpan().SequenceEqual(input.AsSpan(0, input.Length - left)), "frames that are written again differ");
        return wholeEnd == StatusCode.OK && left == 0;
    }

    private static byte[] Frame(bool isCompressed, byte[] message)
    {
        var frame = new byte[MessageFrame.HeaderSize + message.Length];
        MessageFrame.WriteHeader(frame, isCompressed, message.Length);
        message.CopyTo(frame, MessageFrame.HeaderSize);
        FuzzException.Unless(BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(1)) == message.Length, "a length is written wrong");
        return frame;
    }

    private static (List<(bool Compressed, byte[] Message)> Frames, StatusCode End, int Left) Frames(ReadOnlySequence<byte> buffer)
    {
        var frames = new List<(bool, byte[])>();
        try
        {
            while (MessageFrame.TryRead(ref buffer, MostMessageBytes, out bool isCompressed, out ReadOnlySequence<byte> payload))
            {
                FuzzException.Unless(payload.Length <= MostMessageBytes, "a message is longer than the limit");
                frames.Add((isCompressed, payload.ToArray()));
            }

            return (frames, StatusCode.OK, (int)buffer.Length);
        }
        catch (RpcException e)
        {
            FuzzException.Unless(e.StatusCode is StatusCode.Internal or StatusCode.ResourceExhausted, "a frame is refused with another status");
            return (frames, e.StatusCode, (int)buffer.Length);
        }
    }
}
