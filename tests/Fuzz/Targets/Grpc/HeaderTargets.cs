using System.Text;
using Fuzz.Engine;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Fuzz.Targets.Grpc;

/// <summary>Values of <c>grpc-timeout</c>: what is written of a timeout that was read is that timeout or the next one that can be written.</summary>
internal sealed class TimeoutTarget : FuzzTarget
{
    public override string Name => "grpc-timeout";

    public override int TestCases => 20_000;

    public override int MostBytes => 64;

    public override IReadOnlyList<string> Tokens => ["H", "M", "S", "m", "u", "n", "99999999", "0", "+", " "];

    public override IEnumerable<byte[]> Seeds() => new[] { 1L, 99, 100_000_000, TimeSpan.TicksPerHour, TimeSpan.TicksPerDay * 400 }.Select(ticks => Encoding.ASCII.GetBytes(TimeoutFormat.Format(TimeSpan.FromTicks(ticks))));

    public override bool Read(byte[] input)
    {
        if (!TimeoutFormat.TryParse(Encoding.Latin1.GetString(input), out TimeSpan timeout))
            return false;
        FuzzException.Unless(timeout > TimeSpan.Zero && timeout <= TimeoutFormat.Longest, "a timeout is out of range");
        FuzzException.Unless(TimeoutFormat.TryParse(TimeoutFormat.Format(timeout), out TimeSpan again), "a timeout that was written cannot be read");
        // Eight digits: the next one is at most a ten-millionth away.
        FuzzException.Unless(again >= timeout && again.Ticks <= timeout.Ticks + Math.Max(1, timeout.Ticks / 10_000_000 * 10), "a timeout that was written is another one");
        return true;
    }
}

/// <summary>Values of <c>-bin</c> headers.</summary>
internal sealed class BinaryHeaderTarget : FuzzTarget
{
    public override string Name => "grpc-binary-header";

    public override int TestCases => 10_000;

    public override IReadOnlyList<string> Tokens => [",", "=", "==", "====", " ", "AAAA", "+/", "-_", "\t"];

    public override IEnumerable<byte[]> Seeds()
    {
        for (int length = 0; length < 5; length++)
            yield return Encoding.ASCII.GetBytes(BinaryHeader.Encode(Enumerable.Range(200, length).Select(one => (byte)one).ToArray()));
        yield return Encoding.ASCII.GetBytes($"{BinaryHeader.Encode([1, 2, 3, 4])},{BinaryHeader.Encode(new byte[300])}");
    }

    public override bool Read(byte[] input)
    {
        string text = Encoding.Latin1.GetString(input);
        var metadata = new Metadata();
        bool isTaken = BinaryHeader.TryAddTo(metadata, "one-bin", text);
        FuzzException.Unless(metadata.Count <= text.Count(one => one == ',') + 1, "a header has more values than parts");
        if (!isTaken)
            return false;
        FuzzException.Unless(metadata.Count == text.Count(one => one == ',') + 1, "a header has fewer values than parts");
        foreach (Metadata.Entry entry in metadata)
            FuzzException.Unless(BinaryHeader.TryDecode(BinaryHeader.Encode(entry.ValueBytes), out byte[] again) && again.AsSpan().SequenceEqual(entry.ValueBytes), "a value that was written is another one");
        return true;
    }
}

/// <summary>Texts of <c>grpc-message</c>: anything can be read, and what is written of it is read back.</summary>
internal sealed class PercentTarget : FuzzTarget
{
    public override string Name => "grpc-message";

    public override int TestCases => 10_000;

    public override IReadOnlyList<string> Tokens => ["%", "%4", "%zz", "%C3%BC", "%ED%A0%80", "%25", "%00", "%F0%9F%98%80"];

    public override IEnumerable<byte[]> Seeds() => new[] { "", "plain", "100 % of ü and \U0001F600", "\r\n", new string('ß', 200) }.Select(text => Encoding.Latin1.GetBytes(PercentEncoding.Encode(text)));

    public override bool Read(byte[] input)
    {
        string decoded = PercentEncoding.Decode(Encoding.Latin1.GetString(input));
        string encoded = PercentEncoding.Encode(decoded);
        FuzzException.Unless(encoded.All(one => one is >= ' ' and <= '~'), "a text that is written has characters that headers do not take");
        FuzzException.Unless(PercentEncoding.Decode(encoded) == decoded, "a text that was written is another one");
        return true;
    }
}
