using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Several encoders side by side in one input. Shape [batch, sum of their widths].</summary>
public sealed record ColumnsSpec : EncoderSpec
{
    /// <summary>The encoders, left to right; none of them for histories, none again "columns".</summary>
    public IReadOnlyList<EncoderSpec>? Columns { get; init; }

    internal override int? Width => Columns?.Sum(column => column.Width ?? 0);

    internal override bool IsOfUser => Columns?.All(column => column.IsOfUser) == true;

    internal override uint Cross => Columns?.Aggregate(0u, (all, column) => all | column.Cross) ?? 0;

    internal override bool NeedsIdInputs => Columns?.Any(column => column.NeedsIdInputs) == true;

    internal override void Check(SpecCheck check)
    {
        if (Columns is null || Columns.Count == 0)
        {
            check.Error("'columns' is missing or empty.");
            return;
        }

        if (Columns.Count > SpecCheck.MaxWidth)
            check.Error($"'columns' has {Columns.Count} encoders; {SpecCheck.MaxWidth} are the limit.");
        if (Of is not null)
            check.Error("'of' belongs to each of the columns.");
        for (int i = 0; i < Math.Min(Columns.Count, SpecCheck.MaxWidth); i++)
        {
            SpecCheck inner = check with { Where = $"{check.Where}.columns[{i}]" };
            EncoderSpec? column = Columns[i];
            if (column is null)
                inner.Error("is null.");
            else if (column.IsHistory || column is ColumnsSpec)
                inner.Error("a history or further columns cannot be a column.");
            else
                CheckColumn(column, inner);
        }
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope)
    {
        var encoders = new InputEncoder<T>[Columns!.Count];
        var widths = new int[encoders.Length];
        for (int i = 0; i < encoders.Length; i++)
        {
            widths[i] = Columns[i].Width!.Value;
            encoders[i] = Columns[i].CreateSided<T>(widths[i], scope);
        }

        return new ColumnsEncoder<T>(encoders, widths);
    }

    private static void CheckColumn(EncoderSpec column, SpecCheck inner)
    {
        foreach (string unknown in column.UnknownFields?.Keys ?? [])
            inner.Error($"unknown field '{unknown}'.");
        column.Check(inner.SideOf(column));
        if (column.Width is null)
            inner.Error("needs a length of its own, for the graph tells only the sum of all columns.");
    }
}
