using System.Buffers;

namespace Inference.Training.Data;

/// <summary>Writes comma-separated values (RFC 4180, with line feeds): fields that need quotes get them.</summary>
public sealed class CsvWriter : IDisposable
{
    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(",\"\r\n");

    private readonly StreamWriter _writer;
    private bool _inLine;

    /// <summary>Creates the file, over what was there, and writes the header.</summary>
    public CsvWriter(string path, params ReadOnlySpan<string> columns)
        : this(new StreamWriter(path, append: false, new System.Text.UTF8Encoding(false), bufferSize: 1 << 16), columns)
    {
    }

    /// <summary>Writes the header, and later the lines, to a writer that is disposed with this one.</summary>
    internal CsvWriter(StreamWriter writer, params ReadOnlySpan<string> columns)
    {
        writer.NewLine = "\n";
        _writer = writer;
        foreach (string column in columns)
            Field(column);
        EndLine();
    }

    public CsvWriter Field(ReadOnlySpan<char> text)
    {
        if (_inLine)
            _writer.Write(',');
        _inLine = true;
        if (!text.ContainsAny(NeedQuotes))
        {
            _writer.Write(text);
            return this;
        }

        _writer.Write('"');
        foreach (char c in text)
        {
            if (c == '"')
                _writer.Write('"');
            _writer.Write(c);
        }

        _writer.Write('"');
        return this;
    }

    public CsvWriter Field(long number)
    {
        Span<char> digits = stackalloc char[20];
        number.TryFormat(digits, out int length, default, System.Globalization.CultureInfo.InvariantCulture);
        return Field(digits[..length]);
    }

    public CsvWriter Field(double number, string format)
    {
        Span<char> digits = stackalloc char[32];
        return number.TryFormat(digits, out int length, format, System.Globalization.CultureInfo.InvariantCulture)
            ? Field(digits[..length])
            : Field(number.ToString(format, System.Globalization.CultureInfo.InvariantCulture));
    }

    public void EndLine()
    {
        _writer.WriteLine();
        _inLine = false;
    }

    public void Dispose() => _writer.Dispose();
}
