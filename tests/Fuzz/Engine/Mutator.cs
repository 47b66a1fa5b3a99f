using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Fuzz.Engine;

/// <summary>
/// Makes the inputs of cases from valid ones. The same seed, target and number of a case give the same input, on every machine. A case is a valid input with one to six changes:
/// <list type="number">
/// <item>bits flipped, bytes replaced, ranges removed, cleared or filled</item>
/// <item>blocks doubled, repeated many times, moved, and taken over from another valid input</item>
/// <item>numbers, as text or as bytes of either order, set to extremes or moved by one; also those that are lengths of what follows</item>
/// <item>pieces of the parser's own language, texts that are no valid UTF-8, deep nesting</item>
/// </list>
/// </summary>
internal sealed class Mutator
{
    private static readonly long[] Extremes =
        [0, 1, -1, 2, 3, 7, 8, 63, 64, 127, 128, 255, 256, 1_000, 4_095, 4_096, 32_767, 32_768, 65_535, 65_536, 1 << 20, (1 << 24) - 1, int.MaxValue, int.MinValue, 1L << 31, uint.MaxValue, 1L << 32, long.MaxValue, long.MinValue];

    private static readonly string[] Numbers =
        ["0", "-0", "-1", "1", "1e400", "-1e400", "1e-400", "0.1", "NaN", "Infinity", "2147483647", "2147483648", "-2147483649", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e9", "00", "1.", ".5", "79228162514264337593543950336"];

    private static readonly byte[][] OddTexts =
        [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xEF, 0xBB, 0xBF], [0], .. new[] { "\\ud800", "\\udc00", "\\u0000", "\U0001F600", "\u2028", "\r\n", "\n\n", "\t", "\"", "\\", "'", "İ" }.Select(Encoding.UTF8.GetBytes)];

    private readonly byte[][] _seeds;
    private readonly byte[][] _tokens;
    private readonly FuzzTarget _target;
    private readonly ulong _seed;

    public Mutator(FuzzTarget target, IReadOnlyList<byte[]> seeds, int seed)
    {
        _target = target;
        _seeds = [.. seeds];
        _tokens = [.. target.Tokens.Select(Encoding.UTF8.GetBytes)];
        // FNV-1a: the same everywhere, as string.GetHashCode is not.
        _seed = target.Name.Aggregate(14_695_981_039_346_656_037 ^ (uint)seed, static (hash, one) => (hash ^ one) * 1_099_511_628_211);
    }

    /// <summary>The input of a case. The first ones are the valid inputs themselves.</summary>
    public byte[] Make(int number)
    {
        if (number < _seeds.Length)
            return [.. _seeds[number]];
        ulong hash = (_seed ^ (uint)number) * 0x9E37_79B9_7F4A_7C15;
        return Mutate(_seeds, new Random((int)(hash >> 33)));
    }

    /// <summary>One of the inputs, changed.</summary>
    public byte[] Mutate(IReadOnlyList<byte[]> inputs, Random random)
    {
        var bytes = new List<byte>(inputs[random.Next(inputs.Count)]);
        for (int changes = random.Next(4) == 0 ? random.Next(2, 7) : 1; changes > 0; changes--)
            Change(bytes, inputs, random);
        if (bytes.Count > _target.MostBytes)
            bytes.RemoveRange(_target.MostBytes, bytes.Count - _target.MostBytes);
        byte[] made = [.. bytes];
        if (random.Next(8) != 0)
            _target.Repair(ref made);
        return made;
    }

    private void Change(List<byte> bytes, IReadOnlyList<byte[]> inputs, Random random)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)random.Next(256));
            return;
        }

        int at = PlaceIn(bytes.Count, random), length = LengthFrom(bytes.Count - at, random);
        switch (random.Next(17))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.InsertRange(PlaceIn(bytes.Count, random), bytes.GetRange(at, length));
                break;
            case 5:
                Repeat(bytes, at, length, random);
                break;
            case 6:
                List<byte> moved = bytes.GetRange(at, length);
                bytes.RemoveRange(at, length);
                bytes.InsertRange(random.Next(bytes.Count + 1), moved);
                break;
            case 7:
                byte[] other = inputs[random.Next(inputs.Count)];
                if (other.Length > 0)
                    bytes.InsertRange(at, other.AsSpan(random.Next(other.Length)) is var rest ? rest[..LengthFrom(rest.Length, random)].ToArray() : []);
                break;
            case 8:
                byte[] end = inputs[random.Next(inputs.Count)];
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(end.AsSpan(Math.Min(at, end.Length)));
                break;
            case 9:
                byte fill = random.Next(3) switch { 0 => 0, 1 => 0xFF, _ => (byte)random.Next(256) };
                for (int i = at; i < at + length; i++)
                    bytes[i] = fill;
                break;
            case 10 or 11:
                SetNumber(bytes, at, random);
                break;
            case 12:
                SetTextNumber(bytes, at, random);
                break;
            case 13:
                Put(bytes, at, random, OddTexts);
                break;
            case 14:
                ReplaceWord(bytes, at, random);
                break;
            default:
                Put(bytes, at, random, _tokens.Length > 0 ? _tokens : OddTexts);
                break;
        }
    }

    /// <summary>Structure often is at the ends, content between them.</summary>
    private static int PlaceIn(int count, Random random) => random.Next(4) switch
    {
        0 => random.Next(Math.Min(count, 128)),
        1 => count - 1 - random.Next(Math.Min(count, 64)),
        _ => random.Next(count),
    };

    private static int LengthFrom(int most, Random random) => most == 0 ? 0 : 1 + random.Next(Math.Min(most, random.Next(4) switch { 0 => most, 1 => 256, _ => 16 }));

    private void Repeat(List<byte> bytes, int at, int length, Random random)
    {
        length = Math.Min(length, 64);
        byte[] block = [.. bytes.GetRange(at, length)];
        int times = Math.Min(random.Next(2, 400), Math.Max(1, (_target.MostBytes - bytes.Count) / length));
        var all = new byte[Math.Max(0, times) * length];
        for (int i = 0; i < all.Length; i++)
            all[i] = block[i % length];
        bytes.InsertRange(at, all);
    }

    /// <summary>Overwrites a number of 1, 2, 4 or 8 bytes; one that could be a length of what follows is moved a little instead, now and then.</summary>
    private static void SetNumber(List<byte> bytes, int at, Random random)
    {
        Span<byte> number = stackalloc byte[8];
        int size = 1 << random.Next(4);
        bool isBig = random.Next(3) == 0;
        if (at + size > bytes.Count)
            return;
        at = random.Next(2) == 0 ? at & ~(size - 1) : at;
        for (int i = 0; i < size; i++)
            number[isBig ? size - 1 - i : i] = bytes[at + i];
        long value = BinaryPrimitives.ReadInt64LittleEndian(number);
        long changed = random.Next(3) switch
        {
            0 => value + random.Next(-2, 3),
            1 => bytes.Count - at + random.Next(-9, 10),
            _ => Extremes[random.Next(Extremes.Length)] + (random.Next(4) == 0 ? random.Next(-2, 3) : 0),
        };
        BinaryPrimitives.WriteInt64LittleEndian(number, changed);
        for (int i = 0; i < size; i++)
            bytes[at + i] = number[isBig ? size - 1 - i : i];
    }

    /// <summary>Replaces the next number that is written in digits.</summary>
    private static void SetTextNumber(List<byte> bytes, int at, Random random)
    {
        int start = bytes.FindIndex(at, static one => one is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
            return;
        int end = start;
        while (end < bytes.Count && bytes[end] is (>= (byte)'0' and <= (byte)'9') or (byte)'.')
            end++;
        bytes.RemoveRange(start, end - start);
        string number = random.Next(3) == 0 ? Extremes[random.Next(Extremes.Length)].ToString(CultureInfo.InvariantCulture) : Numbers[random.Next(Numbers.Length)];
        bytes.InsertRange(start, Encoding.ASCII.GetBytes(number));
    }

    /// <summary>Replaces the word at a place, or what stands between quotes.</summary>
    private void ReplaceWord(List<byte> bytes, int at, Random random)
    {
        int start = at, end = at;
        while (start > 0 && IsOfWord(bytes[start - 1]))
            start--;
        while (end < bytes.Count && IsOfWord(bytes[end]))
            end++;
        bytes.RemoveRange(start, end - start);
        Put(bytes, start, random, _tokens.Length > 0 ? _tokens : OddTexts);
    }

    private static bool IsOfWord(byte one) => char.IsAsciiLetterOrDigit((char)one) || one is (byte)'_' or (byte)'.' or (byte)'-' or >= 0x80;

    private static void Put(List<byte> bytes, int at, Random random, byte[][] pieces)
    {
        int times = random.Next(24) == 0 ? random.Next(1, 200) : 1;
        byte[] piece = pieces[random.Next(pieces.Length)];
        at = Math.Min(at, bytes.Count);
        if (random.Next(3) == 0)
            bytes.RemoveRange(at, Math.Min(piece.Length, bytes.Count - at));
        for (; times > 0; times--)
            bytes.InsertRange(at, piece);
    }
}
