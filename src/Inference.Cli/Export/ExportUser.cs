using System.Globalization;
using Recsys.V1;

namespace Inference.Cli.Export;

/// <summary>One user of an export: the question about them, and their place in the list.</summary>
/// <param name="Id">The id; empty where the line could not be read.</param>
/// <param name="Element">The question with its cursor, which is the place in the list, from 0.</param>
/// <param name="Fault">Why the line could not be read; null where it could.</param>
internal sealed record ExportUser(string Id, RecommendStreamRequest Element, string? Fault)
{
    public static string CursorOf(long place) => place.ToString(CultureInfo.InvariantCulture);
}
