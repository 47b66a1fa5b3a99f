using System.Buffers.Binary;
using System.Text;
using Inference.Recommendations.Features;
using Inference.Recommendations.Filters.Columns;

namespace Inference.Recommendations.Snapshots;

/// <summary>An item's content as bytes.</summary>
/// <remarks>
/// <code>
///  record    = title  features  attributes
///  title     = 0 | length + 1, UTF-8
///  features, attributes = bytes that follow, count, count × (text of the name, kind, value)
///  value     = text | zigzag integer | 8 bytes of a double | count, count × one of these
///  text      = 2 × number of a text that is kept once + 1  |  2 × length, UTF-8
/// </code>
/// Whole numbers are of variable length, 7 bits a byte, least first. Names are kept once, and so are short texts while the feature has few different ones: categories cost
/// a byte or two. One writer at a time; readers never wait.
/// </remarks>
internal sealed class ItemContentFormat
{
    /// <summary>Names and texts that are kept at most, so that callers who invent some cannot fill the memory: further ones are written out in each record.</summary>
    private const int MostNames = 4096, MostTexts = 1 << 18;

    /// <summary>Different texts of one feature that are kept, and the longest.</summary>
    private const int MostTextsOfName = 4096, LongestText = 64;

    private readonly TextTable _names = new();
    private readonly TextTable _texts = new();
    private readonly Dictionary<string, int> _textsOfName = new(StringComparer.Ordinal);

    /// <summary>Which kinds of value each kept name has had. A byte for each name that can be kept.</summary>
    private readonly byte[] _kinds = new byte[MostNames];

    /// <summary>The number under which a name is kept; −1 where it is to be written out.</summary>
    /// <param name="name">The name.</param>
    /// <param name="mayKeep">Whether a new one is kept, while there is room. The writer's.</param>
    public int NumberOfName(ReadOnlySpan<char> name, bool mayKeep)
    {
        int number = _names.NumberOf(name);
        return number < 0 && mayKeep && _names.Count < MostNames ? _names.Add(name.ToString()) : number;
    }

    /// <summary>A value of a kind was written under a name; −1 for a name that is not kept. The writer's.</summary>
    public void Note(int name, FeatureKind kind)
    {
        if (name < 0)
            return;
        AttributeKinds kinds = kind switch
        {
            FeatureKind.Text => AttributeKinds.Text,
            FeatureKind.Integer or FeatureKind.Number => AttributeKinds.Number,
            FeatureKind.TextList => AttributeKinds.TextList,
            FeatureKind.IntegerList or FeatureKind.NumberList => AttributeKinds.NumberList,
            _ => AttributeKinds.None,
        };
        _kinds[name] |= (byte)kinds;
    }

    /// <summary>Kinds of value that a name has had.</summary>
    public AttributeKinds KindsOf(string name)
    {
        int number = _names.NumberOf(name);
        return number < 0 ? AttributeKinds.None : (AttributeKinds)Volatile.Read(ref _kinds[number]);
    }

    /// <summary>Names under which there has been a value.</summary>
    public IEnumerable<string> NamesWithValues
    {
        get
        {
            for (int number = 0; number < _names.Count; number++)
            {
                if (_kinds[number] != 0)
                    yield return _names.TextOf(number);
            }
        }
    }

    /// <summary>The name with a number.</summary>
    public string NameOf(int number) => _names.TextOf(number);

    /// <summary>The number under which a text is kept, from now on where it is a short one of a feature with few; −1 where it is to be written out. The writer's.</summary>
    public int NumberOfText(string name, ReadOnlySpan<char> text)
    {
        int number = _texts.NumberOf(text);
        if (number >= 0 || text.Length > LongestText || _texts.Count >= MostTexts)
            return number;
        int ofName = _textsOfName.GetValueOrDefault(name);
        if (ofName >= MostTextsOfName)
            return -1;
        if (ofName > 0 || _textsOfName.Count < MostNames)
            _textsOfName[name] = ofName + 1;
        return _texts.Add(text.ToString());
    }

    /// <summary>The content of a record, which may be followed by anything; nothing for no bytes.</summary>
    public ItemContent Read(ReadOnlySpan<byte> record)
    {
        if (record.IsEmpty)
            return ItemContent.Empty;
        string? title = ReadTitle(record);
        ReadOnlySpan<byte> rest = AfterTitle(record);
        int bytes = (int)TakeNumber(ref rest);
        return new ItemContent(title, ReadSection(rest[..bytes]), ReadSection(Section(rest[bytes..])));
    }

    /// <summary>The title of a record.</summary>
    public static string? ReadTitle(ReadOnlySpan<byte> record)
    {
        if (record.IsEmpty)
            return null;
        int length = (int)TakeNumber(ref record) - 1;
        return length < 0 ? null : Encoding.UTF8.GetString(record[..length]);
    }

    /// <summary>One attribute of a record.</summary>
    public bool TryReadAttribute(ReadOnlySpan<byte> record, string name, out FeatureValue value)
    {
        value = default;
        if (record.IsEmpty)
            return false;
        ReadOnlySpan<byte> rest = AfterTitle(record);
        int bytes = (int)TakeNumber(ref rest);
        return TryReadValue(Section(rest[bytes..]), name, out value);
    }

    /// <summary>One feature of a record.</summary>
    public bool TryReadFeature(ReadOnlySpan<byte> record, string name, out FeatureValue value)
    {
        value = default;
        return !record.IsEmpty && TryReadValue(Section(AfterTitle(record)), name, out value);
    }

    /// <summary>The features of a record; none for no bytes.</summary>
    public IReadOnlyDictionary<string, FeatureValue> ReadFeatures(ReadOnlySpan<byte> record)
    {
        if (record.IsEmpty)
            return FeatureSet.None;
        ReadOnlySpan<byte> section = Section(AfterTitle(record)), rest = section;
        int count = (int)TakeNumber(ref rest);
        if (count == 0)
            return FeatureSet.None;
        if (count > FewFeatures.Most)
            return ReadSection(section);
        var features = new KeyValuePair<string, FeatureValue>[count];
        for (int i = 0; i < count; i++)
        {
            string name = TakeText(ref rest, _names);
            features[i] = new(name, TakeValue(ref rest));
        }

        return new FewFeatures(features, count);
    }

    private bool TryReadValue(ReadOnlySpan<byte> rest, string name, out FeatureValue value)
    {
        value = default;
        int number = _names.NumberOf(name);
        for (ulong left = TakeNumber(ref rest); left > 0; left--)
        {
            if (TakeIsText(ref rest, number, name))
            {
                value = TakeValue(ref rest);
                return true;
            }

            SkipValue(ref rest);
        }

        return false;
    }

    private Dictionary<string, FeatureValue> ReadSection(ReadOnlySpan<byte> section)
    {
        int count = (int)TakeNumber(ref section);
        var features = new Dictionary<string, FeatureValue>(count, StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string name = TakeText(ref section, _names);
            features[name] = TakeValue(ref section);
        }

        return features;
    }

    private FeatureValue TakeValue(ref ReadOnlySpan<byte> rest)
    {
        var kind = (FeatureKind)rest[0];
        rest = rest[1..];
        switch (kind)
        {
            case FeatureKind.Text:
                return FeatureValue.Of(TakeText(ref rest, _texts));
            case FeatureKind.Integer:
                return FeatureValue.Of(TakeInteger(ref rest));
            case FeatureKind.Number:
                return FeatureValue.Of(TakeDouble(ref rest));
            case FeatureKind.TextList:
                string[] texts = new string[TakeNumber(ref rest)];
                for (int i = 0; i < texts.Length; i++)
                    texts[i] = TakeText(ref rest, _texts);
                return FeatureValue.Of(texts);
            case FeatureKind.IntegerList:
                long[] integers = new long[TakeNumber(ref rest)];
                for (int i = 0; i < integers.Length; i++)
                    integers[i] = TakeInteger(ref rest);
                return FeatureValue.Of(integers);
            case FeatureKind.NumberList:
                double[] numbers = new double[TakeNumber(ref rest)];
                for (int i = 0; i < numbers.Length; i++)
                    numbers[i] = TakeDouble(ref rest);
                return FeatureValue.Of(numbers);
            default:
                return default;
        }
    }

    private static void SkipValue(ref ReadOnlySpan<byte> rest)
    {
        var kind = (FeatureKind)rest[0];
        rest = rest[1..];
        ulong count = kind is FeatureKind.TextList or FeatureKind.IntegerList or FeatureKind.NumberList ? TakeNumber(ref rest) : 1;
        for (; count > 0; count--)
        {
            switch (kind)
            {
                case FeatureKind.Text or FeatureKind.TextList:
                    SkipText(ref rest);
                    break;
                case FeatureKind.Integer or FeatureKind.IntegerList:
                    TakeNumber(ref rest);
                    break;
                case FeatureKind.Number or FeatureKind.NumberList:
                    rest = rest[sizeof(double)..];
                    break;
            }
        }
    }

    /// <summary>Takes a text and says whether it is the one with this number, or, where that is negative, this one.</summary>
    private static bool TakeIsText(ref ReadOnlySpan<byte> rest, int number, string text)
    {
        ulong head = TakeNumber(ref rest);
        if ((head & 1) != 0)
            return number >= 0 && head >> 1 == (ulong)number;
        int length = (int)(head >> 1);
        ReadOnlySpan<byte> utf8 = rest[..length];
        rest = rest[length..];
        // A name that was written out may have been given a number for later records.
        return Encoding.UTF8.GetByteCount(text) == length && Encoding.UTF8.GetString(utf8) == text;
    }

    private static string TakeText(ref ReadOnlySpan<byte> rest, TextTable table)
    {
        ulong head = TakeNumber(ref rest);
        if ((head & 1) != 0)
            return table.TextOf((int)(head >> 1));
        int length = (int)(head >> 1);
        string text = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[length..];
        return text;
    }

    private static void SkipText(ref ReadOnlySpan<byte> rest)
    {
        ulong head = TakeNumber(ref rest);
        if ((head & 1) == 0)
            rest = rest[(int)(head >> 1)..];
    }

    private static long TakeInteger(ref ReadOnlySpan<byte> rest)
    {
        ulong zigzag = TakeNumber(ref rest);
        return (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
    }

    private static double TakeDouble(ref ReadOnlySpan<byte> rest)
    {
        double number = BinaryPrimitives.ReadDoubleLittleEndian(rest);
        rest = rest[sizeof(double)..];
        return number;
    }

    private static ulong TakeNumber(ref ReadOnlySpan<byte> rest)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = rest[0];
            rest = rest[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }

    private static ReadOnlySpan<byte> AfterTitle(ReadOnlySpan<byte> record)
    {
        ulong length = TakeNumber(ref record);
        return length == 0 ? record : record[((int)length - 1)..];
    }

    private static ReadOnlySpan<byte> Section(ReadOnlySpan<byte> rest)
    {
        int bytes = (int)TakeNumber(ref rest);
        return rest[..bytes];
    }
}
