using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Inference.Recommendations.Surfaces;
using Inference.Server.Failures;

namespace Inference.Server.Json;

/// <summary>
/// Holds a JSON text against a message before it is read, so that the caller learns everything that is wrong at once, each with its field and its place in the text:
/// <list type="number">
/// <item>the bytes are UTF-8, and one JSON value of bounded depth; the first fault ends the check, for what follows it has no meaning</item>
/// <item>each name is a field of its message, and of a oneof one field is set</item>
/// <item>each value is of the field's type</item>
/// </list>
/// It ends when as many faults are found as are told, so that a text of nothing but faults costs no more than its first ones.
/// </summary>
internal ref struct JsonShape
{
    /// <summary>Most objects and lists within each other.</summary>
    public const int MaxDepth = 64;

    private const int MostGuesses = 16;

    /// <summary>Characters of a reason that are told from its beginning, and from its end.</summary>
    private const int MostOfWhy = 128;

    /// <summary>2^53: whole numbers up to it are exact as doubles.</summary>
    private const decimal ExactDouble = 9_007_199_254_740_992;

    private readonly ReadOnlySpan<byte> _json;
    private readonly int _firstLine;
    private Utf8JsonReader _reader;
    private Violations _violations;
    private int _guesses;

    private JsonShape(ReadOnlySpan<byte> json, int firstLine)
    {
        _json = json;
        _firstLine = firstLine;
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <summary>What is wrong with the text; null when nothing is.</summary>
    /// <param name="json">The text.</param>
    /// <param name="message">What it must be.</param>
    /// <param name="firstLine">Number of its first line, from 1, where it is part of a longer text.</param>
    public static Failure? Check(ReadOnlySpan<byte> json, MessageDescriptor message, int firstLine = 1)
    {
        var shape = new JsonShape(json, firstLine);
        if (!Utf8.IsValid(json))
            return Broken($"The text is not UTF-8 ({shape.Place(FirstBadByte(json))}).");
        try
        {
            shape._reader.Read();
            if (shape._reader.TokenType != JsonTokenType.StartObject)
                return Broken($"{Kind(shape._reader.TokenType)} is not a {message.Name}; an object is ({shape.Place(shape._reader.TokenStartIndex)}).");
            shape.Message(message, "");
            if (!shape._violations.IsFull)
                shape._reader.Read();
        }
        catch (JsonException e)
        {
            return Broken($"{Told(e)} ({shape.Place(e)}).");
        }
        catch (InvalidOperationException)
        {
            return Broken($"A \\u escape stands for half a character ({shape.Place(shape._reader.TokenStartIndex)}).");
        }

        return shape._violations.ToFailure();
    }

    /// <summary>The failure of a text that cannot be read. Readers repeat what they do not know, however long it is; the place at the end stays.</summary>
    public static Failure Broken(string why) =>
        new(StatusCode.InvalidArgument, "INVALID_JSON", why.Length <= 2 * MostOfWhy ? why : string.Concat(why.AsSpan(0, MostOfWhy), "…", why.AsSpan(why.Length - MostOfWhy)));

    private void Message(MessageDescriptor message, string path)
    {
        FrozenDictionary<string, FieldDescriptor> fields = FieldNames.Of(message);
        int set = 0;
        while (!_violations.IsFull && _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = _reader.GetString()!;
            long place = _reader.TokenStartIndex;
            string inner = path.Length == 0 ? name : $"{path}.{name}";
            if (!fields.TryGetValue(name, out FieldDescriptor? field))
            {
                _violations.Add(Short(inner), $"is no field of {message.Name} ({Place(place)}){Meant(name, message)}");
                _reader.Skip();
                continue;
            }

            // The contract's own name, however it was written.
            inner = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
            _reader.Read();
            // A field that is null is as if it were not there, but for this: the reader of protobuf refuses a oneof of which two fields are named.
            if (field.RealContainingOneof is { } oneof)
            {
                int bit = 1 << oneof.Index;
                if ((set & bit) != 0)
                    _violations.Add(inner, $"is the second field of '{oneof.Name}', of which one may be set ({Place(place)}).");
                set |= bit;
            }

            if (_reader.TokenType == JsonTokenType.Null)
                continue;
            if (field.IsMap)
                Map(field, inner);
            else if (field.IsRepeated)
                List(field, inner);
            else
                Value(field, inner);
        }
    }

    private void Map(FieldDescriptor field, string path)
    {
        if (!Expect(JsonTokenType.StartObject, path, "an object"))
            return;
        FieldDescriptor value = field.MessageType.FindFieldByNumber(2);
        while (!_violations.IsFull && _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string inner = $"{path}[{Short(_reader.GetString()!)}]";
            _reader.Read();
            Value(value, inner);
        }
    }

    private void List(FieldDescriptor field, string path)
    {
        if (!Expect(JsonTokenType.StartArray, path, "a list"))
            return;
        for (int i = 0; !_violations.IsFull && _reader.Read() && _reader.TokenType != JsonTokenType.EndArray; i++)
            Value(field, path, i);
    }

    /// <param name="index">Place in a list; negative outside of one. The path is made only where it is told.</param>
    private void Value(FieldDescriptor field, string path, int index = -1)
    {
        string? wanted = field.FieldType switch
        {
            FieldType.Message => null,
            FieldType.String => _reader.TokenType == JsonTokenType.String && _reader.GetString() is not null ? null : "a text",
            FieldType.Bytes => _reader.TokenType == JsonTokenType.String && _reader.TryGetBytesFromBase64(out _) ? null : "base64 as a text",
            FieldType.Bool => _reader.TokenType is JsonTokenType.True or JsonTokenType.False ? null : "true or false",
            FieldType.Float => IsReal(float.MaxValue) ? null : "a number that a float can hold",
            FieldType.Double => IsReal(double.MaxValue) ? null : "a number",
            FieldType.Enum => IsOf(field.EnumType) ? null : "one of " + string.Join(", ", field.EnumType.Values.Select(known => known.Name)),
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => IsWhole(int.MinValue, int.MaxValue) ? null : "a whole number of 32 bits",
            FieldType.UInt32 or FieldType.Fixed32 => IsWhole(0, uint.MaxValue) ? null : "a whole number of 32 bits, not negative",
            FieldType.UInt64 or FieldType.Fixed64 => IsWhole(0, ulong.MaxValue) ? null : "a whole number of 64 bits, not negative, as text where it is beyond 2^53",
            _ => IsWhole(long.MinValue, long.MaxValue) ? null : "a whole number of 64 bits, as text where it is beyond 2^53",
        };
        if (field.FieldType == FieldType.Message)
        {
            MessageDescriptor message = field.MessageType;
            string inner = index < 0 ? path : $"{path}[{index.ToString(CultureInfo.InvariantCulture)}]";
            if (message.File == Timestamp.Descriptor.File || message.File == Duration.Descriptor.File)
                Time(message, inner);
            else if (Expect(JsonTokenType.StartObject, inner, "an object"))
                Message(message, inner);
        }
        else if (wanted is not null)
        {
            Wrong(index < 0 ? path : $"{path}[{index.ToString(CultureInfo.InvariantCulture)}]", wanted);
        }
    }

    private void Time(MessageDescriptor message, string path)
    {
        try
        {
            if (_reader.TokenType == JsonTokenType.String)
            {
                // As it is written, escapes included: that is what the reader will find.
                JsonParser.Default.Parse($"\"{Encoding.UTF8.GetString(_reader.ValueSpan)}\"", message);
                return;
            }
        }
        catch (IOException)
        {
            // Told below, with its place.
        }

        Wrong(path, message.Name == "Timestamp" ? "a time such as \"2026-01-31T12:00:00Z\"" : "a duration such as \"1.5s\"");
    }

    private bool Expect(JsonTokenType type, string path, string wanted)
    {
        if (_reader.TokenType == type)
            return true;
        Wrong(path, wanted);
        return false;
    }

    /// <summary>Tells that the value is not what is wanted, and passes it.</summary>
    private void Wrong(string path, string wanted)
    {
        _violations.Add(Short(path), $"is {Told()}; it must be {wanted} ({Place(_reader.TokenStartIndex)}).");
        _reader.Skip();
    }

    /// <summary>A number, or one of those that JSON has no numbers for; as JsonParser takes them.</summary>
    private readonly bool IsReal(double most)
    {
        if (_reader.TokenType == JsonTokenType.Number)
            return _reader.TryGetDouble(out double value) && Math.Abs(value) <= most;
        return _reader.TokenType == JsonTokenType.String && (_reader.ValueTextEquals("NaN"u8) || _reader.ValueTextEquals("Infinity"u8) || _reader.ValueTextEquals("-Infinity"u8)
            || (double.TryParse(_reader.GetString(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double text) && Math.Abs(text) <= most));
    }

    /// <summary>A whole number, also as text, and also as 1e3 or 2.0. The reader takes numbers for doubles, so larger ones would change on the way.</summary>
    private readonly bool IsWhole(decimal least, decimal most)
    {
        if (_reader.TokenType == JsonTokenType.Number)
            return _reader.TryGetDecimal(out decimal value) && value == decimal.Truncate(value) && value >= least && value <= most && Math.Abs(value) <= ExactDouble;
        return _reader.TokenType == JsonTokenType.String
            && decimal.TryParse(_reader.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out decimal text) && text >= least && text <= most;
    }

    /// <summary>The field that the caller may have meant. A text of nothing but wrong names gets few guesses, for each costs more than the name did.</summary>
    private string Meant(string name, MessageDescriptor message) =>
        name.Length <= 64 && _guesses++ < MostGuesses && NearestName.Find(name, message.Fields.InDeclarationOrder().Select(field => field.Name)) is { } near ? $"; did you mean '{near}'?" : ".";

    private readonly bool IsOf(EnumDescriptor type) =>
        _reader.TokenType == JsonTokenType.String ? type.FindValueByName(_reader.GetString()!) is not null : _reader.TokenType == JsonTokenType.Number && IsWhole(int.MinValue, int.MaxValue);

    /// <summary>The value as its writer knows it.</summary>
    private readonly string Told() => _reader.TokenType switch
    {
        JsonTokenType.String => $"'{Short(_reader.GetString()!)}'",
        JsonTokenType.Number => Short(Encoding.UTF8.GetString(_reader.ValueSpan)),
        _ => Kind(_reader.TokenType),
    };

    private static string Kind(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => "null",
    };

    private static string Short(string text) => text.Length <= 64 ? text : string.Concat(text.AsSpan(0, 64), "…");

    /// <summary>The parser's sentence without its own way of telling places.</summary>
    private static string Told(JsonException e)
    {
        int end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? e.Message : e.Message[..end]).TrimEnd('.');
    }

    private readonly string Place(JsonException e)
    {
        int start = 0;
        for (long line = e.LineNumber ?? 0; line > 0; line--)
            start += _json[start..].IndexOf((byte)'\n') + 1;
        return Place(start + (e.BytePositionInLine ?? 0));
    }

    /// <summary>"line 1, column 7": from 1, in characters.</summary>
    private readonly string Place(long offset)
    {
        ReadOnlySpan<byte> before = _json[..(int)Math.Min(offset, _json.Length)];
        int lines = before.Count((byte)'\n');
        int column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]);
        return string.Create(CultureInfo.InvariantCulture, $"line {lines + _firstLine}, column {column + 1}");
    }

    private static int FirstBadByte(ReadOnlySpan<byte> json)
    {
        int place = 0;
        while (place < json.Length && Rune.DecodeFromUtf8(json[place..], out _, out int length) == System.Buffers.OperationStatus.Done)
            place += length;
        return place;
    }
}
