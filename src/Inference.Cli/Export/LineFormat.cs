using System.Buffers;
using Recsys.V1;

namespace Inference.Cli.Export;

/// <summary>
/// How an answer becomes a line. Each line begins with the user, so that a file can be held against its list of users, and whether it is an error can be seen at its end, so that errors can be counted
/// without reading lines as a whole.
/// </summary>
internal abstract class LineFormat
{
    protected static readonly string[] RungNames = [.. Enum.GetValues<Rung>().Select(Client.SlateView.NameOf)];

    /// <value>"jsonl" or "csv".</value>
    public abstract string Name { get; }

    /// <summary>The first line, with its end; empty where there is none.</summary>
    public abstract ReadOnlySpan<byte> Header { get; }

    /// <summary>Writes a user's slate, with the end of the line.</summary>
    public abstract void Write(IBufferWriter<byte> line, string userId, RecommendResponse answer);

    /// <summary>Writes why a user has no slate, with the end of the line.</summary>
    public abstract void WriteError(IBufferWriter<byte> line, string userId, ExportError error);

    /// <summary>What a line of this user begins with.</summary>
    public abstract byte[] BeginOf(string userId);

    /// <summary>Whether a line is an error, by its last bytes.</summary>
    /// <param name="last">The last byte before the end of the line.</param>
    /// <param name="lastButOne">The byte before that.</param>
    public abstract bool IsError(byte lastButOne, byte last);

    public static string NameOf(Rung rung) => (uint)rung < (uint)RungNames.Length ? RungNames[(int)rung] : rung.ToString();
}
