using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Inference.Cli.Frame;

/// <summary>The option `--json FILE` that every verb with a result has.</summary>
internal static class JsonFile
{
    private static readonly JsonWriterOptions Format = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Option<string?> Option() => new("--json")
    {
        Description = "Also write the result as JSON to this file; - is standard output, without the table",
        HelpName = "FILE",
    };

    /// <summary>Whether the JSON takes the place of the table.</summary>
    public static bool IsInsteadOfTable(string? path) => path == "-";

    /// <summary>Writes the result, where one is asked for. The file is there whole or not at all.</summary>
    public static async Task WriteAsync(CommandHost host, string? path, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        if (path is null)
            return;
        using var buffer = new MemoryStream();
        await using (var writer = new Utf8JsonWriter(buffer, Format))
            write(writer);
        buffer.WriteByte((byte)'\n');
        if (IsInsteadOfTable(path))
        {
            await host.Output.WriteAsync(global::System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
            return;
        }

        string temporary = path + ".tmp";
        await File.WriteAllBytesAsync(temporary, buffer.ToArray(), cancellationToken);
        File.Move(temporary, path, overwrite: true);
    }
}
