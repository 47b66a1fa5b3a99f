using System.Buffers.Binary;
using System.Text.Json;

namespace Fuzz.Engine;

/// <summary>What a run in a process of its own leaves in a folder: the case that it is at, and in the end its report.</summary>
internal sealed class ChildReport(string folder)
{
    private const int HeaderBytes = 2 * sizeof(int);

    private string CasePath => Path.Combine(folder, "case.bin");

    private string ReportPath => Path.Combine(folder, "report.json");

    /// <summary>Notes a case before it is run.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="taken">Inputs taken before it.</param>
    /// <param name="input">Its input.</param>
    public void Note(int number, int taken, byte[] input)
    {
        var file = new byte[HeaderBytes + input.Length];
        BinaryPrimitives.WriteInt32LittleEndian(file, number);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(sizeof(int)), taken);
        input.CopyTo(file, HeaderBytes);
        File.WriteAllBytes(CasePath, file);
    }

    /// <summary>The case that was noted last; null where there is none.</summary>
    public (int Number, int Taken, byte[] Input)? Last()
    {
        if (!File.Exists(CasePath) || File.ReadAllBytes(CasePath) is not { Length: >= HeaderBytes } file)
            return null;
        return (BinaryPrimitives.ReadInt32LittleEndian(file), BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(sizeof(int))), file[HeaderBytes..]);
    }

    /// <summary>Writes the report.</summary>
    public void Write(FuzzReport report) => File.WriteAllBytes(ReportPath, JsonSerializer.SerializeToUtf8Bytes(report));

    /// <summary>The report; null where the process ended before it was written.</summary>
    public FuzzReport? Read() => File.Exists(ReportPath) ? JsonSerializer.Deserialize<FuzzReport>(File.ReadAllBytes(ReportPath)) : null;
}
