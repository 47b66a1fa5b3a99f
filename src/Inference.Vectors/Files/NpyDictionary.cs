using System.Globalization;

namespace Inference.Vectors.Files;

/// <summary>Reads the Python literal in a .npy header: a dictionary of strings, booleans and a tuple of integers, and nothing else.</summary>
internal ref struct NpyDictionary(string text)
{
    private readonly string _text = text;
    private int _position;

    /// <exception cref="InvalidDataException">Not such a dictionary, or elements that are not read here.</exception>
    public NpyHeader Parse()
    {
        string? type = null;
        bool? fortranOrder = null;
        (int Rows, int Columns)? shape = null;
        Expect('{');
        while (!TryTake('}'))
        {
            string key = TakeString();
            Expect(':');
            switch (key)
            {
                case "descr" when type is null:
                    type = TakeString();
                    break;
                case "fortran_order" when fortranOrder is null:
                    fortranOrder = TakeBoolean();
                    break;
                case "shape" when shape is null:
                    shape = TakeShape();
                    break;
                default:
                    throw Unreadable($"key '{key}' is unknown or there twice");
            }
            if (!TryTake(','))
            {
                Expect('}');
                break;
            }
        }
        SkipSpace();
        if (_position < _text.Length)
            throw Unreadable("something follows the dictionary");
        if (type is null || fortranOrder is null || shape is null)
            throw Unreadable("descr, fortran_order and shape must all be there");
        if (fortranOrder.Value)
            throw new InvalidDataException("The matrix is in Fortran order; save it in C order (numpy.ascontiguousarray).");
        return new NpyHeader(ElementType(type), shape.Value.Rows, shape.Value.Columns, 0);
    }

    private static NpyType ElementType(string type) => type switch
    {
        "<f4" => NpyType.Float32,
        "<f2" => NpyType.Float16,
        "|i1" => NpyType.Int8,
        "|u1" => NpyType.UInt8,
        "<i4" => NpyType.Int32,
        "<i8" => NpyType.Int64,
        _ => throw new InvalidDataException($"The elements are '{type}'; <f4, <f2, |i1 and |u1 are read. Convert them, for instance with numpy's astype('<f4')."),
    };

    private string TakeString()
    {
        SkipSpace();
        if (_position >= _text.Length || _text[_position] is not ('\'' or '"'))
            throw Unreadable("a quoted string is missing");
        int start = _position + 1;
        int end = _text.IndexOf(_text[_position], start);
        if (end < 0)
            throw Unreadable("a string has no end");
        _position = end + 1;
        return _text[start..end];
    }

    private bool TakeBoolean()
    {
        SkipSpace();
        foreach ((string word, bool value) in (ReadOnlySpan<(string, bool)>)[("True", true), ("False", false)])
        {
            if (!_text.AsSpan(_position).StartsWith(word, StringComparison.Ordinal))
                continue;
            _position += word.Length;
            return value;
        }
        throw Unreadable("fortran_order is neither True nor False");
    }

    private (int Rows, int Columns) TakeShape()
    {
        Expect('(');
        int dimensions = 0, rows = 0, columns = 0;
        while (!TryTake(')'))
        {
            int extent = TakeExtent();
            dimensions++;
            (rows, columns) = (columns, extent);
            if (!TryTake(','))
            {
                Expect(')');
                break;
            }
        }
        if (dimensions != 2)
            throw new InvalidDataException($"The array has {dimensions} dimensions; a matrix has two, rows and columns.");
        return (rows, columns);
    }

    private int TakeExtent()
    {
        SkipSpace();
        int start = _position;
        while (_position < _text.Length && char.IsAsciiDigit(_text[_position]))
            _position++;
        if (start == _position)
            throw Unreadable("an extent of the shape is no number");
        ReadOnlySpan<char> digits = _text.AsSpan(start, _position - start);
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int extent))
            throw new InvalidDataException($"An extent of {(digits.Length > 32 ? string.Concat(digits[..32], "…") : digits)} is too large; {int.MaxValue} is the most.");
        return extent;
    }

    private void Expect(char character)
    {
        if (!TryTake(character))
            throw Unreadable($"'{character}' is missing");
    }

    private bool TryTake(char character)
    {
        SkipSpace();
        if (_position >= _text.Length || _text[_position] != character)
            return false;
        _position++;
        return true;
    }

    private void SkipSpace()
    {
        while (_position < _text.Length && _text[_position] is ' ' or '\t' or '\n' or '\r')
            _position++;
    }

    private readonly InvalidDataException Unreadable(string why) => new($"The header is not understood at character {_position}: {why}.");
}
