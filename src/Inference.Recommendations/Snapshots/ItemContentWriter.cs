using System.Buffers.Binary;
using System.Text;
using Inference.Recommendations.Features;

namespace Inference.Recommendations.Snapshots;

/// <summary>Writes the content of one item after the other as bytes (<see cref="ItemContentFormat"/>), from pieces, so that a reader of a large file makes no objects in between.</summary>
/// <remarks>
/// <see cref="Begin"/>, then title, features and attributes in any order, a later one of the same kind instead of an earlier one; then <see cref="ItemContents.Add(ItemContentWriter)"/>, or
/// <see cref="Begin"/> again to drop what was written. A name comes before its value, and no name twice in a section. One at a time, and not beside a change of the contents.
/// </remarks>
public sealed class ItemContentWriter
{
    private readonly ItemContentFormat _format;
    private byte[] _pieces = new byte[1024];
    private byte[] _record = new byte[1024];
    private int _length;
    private (int Start, int Length)? _title;
    private Section _features;
    private Section _attributes;
    private Section _open;
    private string _name = "";
    private int _nameNumber = -1;

    internal ItemContentWriter(ItemContentFormat format) => _format = format;

    /// <summary>Begins an item; what was begun before and not added is dropped.</summary>
    public void Begin()
    {
        _length = 0;
        _title = null;
        _features = _attributes = default;
    }

    /// <summary>Sets the title.</summary>
    public void Title(ReadOnlySpan<char> title)
    {
        int start = _length;
        PutUtf8(title);
        _title = (start, _length - start);
    }

    /// <summary>Begins the features or the attributes.</summary>
    public void BeginSection() => _open = new Section(_length, 0, 0);

    /// <summary>Ends what the item tower reads.</summary>
    public void EndFeatures() => _features = _open with { Length = _length - _open.Start };

    /// <summary>Ends what filters and explanations read.</summary>
    public void EndAttributes() => _attributes = _open with { Length = _length - _open.Start };

    /// <summary>Names the value that follows.</summary>
    public void Name(ReadOnlySpan<char> name)
    {
        _open = _open with { Count = _open.Count + 1 };
        int number = _nameNumber = _format.NumberOfName(name, mayKeep: true);
        _name = number >= 0 ? _format.NameOf(number) : name.ToString();
        PutText(name, number);
    }

    public void Text(ReadOnlySpan<char> text)
    {
        PutKind(FeatureKind.Text);
        PutCategory(text);
    }

    public void Integer(long value)
    {
        PutKind(FeatureKind.Integer);
        PutInteger(value);
    }

    /// <param name="value">Finite.</param>
    public void Number(double value)
    {
        PutKind(FeatureKind.Number);
        PutDouble(value);
    }

    /// <summary>Begins a list, whose elements follow.</summary>
    /// <param name="kind">A kind of list.</param>
    /// <param name="count">Elements.</param>
    public void BeginList(FeatureKind kind, int count)
    {
        PutKind(kind, isEmpty: count == 0);
        PutNumber((ulong)count);
    }

    public void Element(ReadOnlySpan<char> text) => PutCategory(text);

    public void Element(long integer) => PutInteger(integer);

    public void Element(double number) => PutDouble(number);

    /// <summary>Writes a whole content at once.</summary>
    public void Put(ItemContent content)
    {
        Begin();
        if (content.Title is { } title)
            Title(title);
        BeginSection();
        PutSection(content.Features);
        EndFeatures();
        BeginSection();
        PutSection(content.Attributes);
        EndAttributes();
    }

    /// <summary>The record of a content; valid until the next call.</summary>
    internal ReadOnlySpan<byte> Write(ItemContent content)
    {
        Put(content);
        return End();
    }

    /// <summary>The record of features alone; valid until the next call.</summary>
    internal ReadOnlySpan<byte> Write(IReadOnlyDictionary<string, FeatureValue> features)
    {
        Begin();
        BeginSection();
        PutSection(features);
        EndFeatures();
        return End();
    }

    /// <summary>The record of the item that was begun; valid until the next call.</summary>
    internal ReadOnlySpan<byte> End()
    {
        // A number takes at most 10 bytes, and there are five.
        int most = _length + 50;
        if (_record.Length < most)
            Array.Resize(ref _record, Math.Max(_record.Length * 2, most));
        int used = 0;
        AddNumber(_title is { } title ? (ulong)title.Length + 1 : 0, ref used);
        if (_title is { } written)
            AddPiece(written.Start, written.Length, ref used);
        AddSection(_features, ref used);
        AddSection(_attributes, ref used);
        return _record.AsSpan(0, used);
    }

    private void PutSection(IReadOnlyDictionary<string, FeatureValue> features)
    {
        foreach ((string name, FeatureValue value) in features)
        {
            Name(name);
            PutValue(value);
        }
    }

    private void PutValue(FeatureValue value)
    {
        switch (value.Kind)
        {
            case FeatureKind.Text:
                Text(value.Text);
                break;
            case FeatureKind.Integer:
                Integer(value.Integer);
                break;
            case FeatureKind.Number:
                Number(value.Number);
                break;
            case FeatureKind.TextList:
                BeginList(value.Kind, value.TextList.Count);
                foreach (string text in value.TextList)
                    Element(text);
                break;
            case FeatureKind.IntegerList:
                BeginList(value.Kind, value.IntegerList.Count);
                foreach (long integer in value.IntegerList)
                    Element(integer);
                break;
            case FeatureKind.NumberList:
                BeginList(value.Kind, value.NumberList.Count);
                foreach (double number in value.NumberList)
                    Element(number);
                break;
            default:
                PutKind(value.Kind);
                break;
        }
    }

    private void PutKind(FeatureKind kind, bool isEmpty = false)
    {
        Reserve(1)[0] = (byte)kind;
        if (!isEmpty)
            _format.Note(_nameNumber, kind);
    }

    private void PutCategory(ReadOnlySpan<char> text) => PutText(text, _format.NumberOfText(_name, text));

    private void PutText(ReadOnlySpan<char> text, int number)
    {
        if (number >= 0)
        {
            PutNumber(((ulong)number << 1) | 1);
            return;
        }

        PutNumber((ulong)Encoding.UTF8.GetByteCount(text) << 1);
        PutUtf8(text);
    }

    private void PutUtf8(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetByteCount(text)));

    private void PutInteger(long value) => PutNumber(((ulong)value << 1) ^ (ulong)(value >> 63));

    private void PutDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Reserve(sizeof(double)), value);

    private void PutNumber(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Reserve(1)[0] = (byte)(value | 0x80);
        Reserve(1)[0] = (byte)value;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_pieces.Length - _length < bytes)
            Array.Resize(ref _pieces, Math.Max(_pieces.Length * 2, _length + bytes));
        Span<byte> place = _pieces.AsSpan(_length, bytes);
        _length += bytes;
        return place;
    }

    private void AddSection(Section section, ref int used)
    {
        int count = 1;
        for (int rest = section.Count; rest >= 0x80; rest >>= 7)
            count++;
        AddNumber((ulong)(count + section.Length), ref used);
        AddNumber((ulong)section.Count, ref used);
        AddPiece(section.Start, section.Length, ref used);
    }

    private void AddNumber(ulong value, ref int used)
    {
        for (; value >= 0x80; value >>= 7)
            _record[used++] = (byte)(value | 0x80);
        _record[used++] = (byte)value;
    }

    private void AddPiece(int start, int length, ref int used)
    {
        _pieces.AsSpan(start, length).CopyTo(_record.AsSpan(used));
        used += length;
    }

    /// <summary>Where a section lies in the pieces, without its counts.</summary>
    private readonly record struct Section(int Start, int Length, int Count);
}
