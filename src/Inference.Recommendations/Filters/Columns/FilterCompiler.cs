using Inference.Recommendations.Filters.Syntax;

namespace Inference.Recommendations.Filters.Columns;

/// <summary>Turns the tree of a filter into tests of columns, at one moment. Attributes without a column are on no item.</summary>
internal static class FilterCompiler
{
    /// <param name="node">A tree.</param>
    /// <param name="columns">The columns that there are.</param>
    /// <param name="moment">What <c>now()</c> is, in seconds since 1970.</param>
    public static RowTest Compile(FilterNode node, IReadOnlyDictionary<string, AttributeColumn> columns, double moment)
    {
        switch (node)
        {
            case Constant constant:
                return new ConstantTest(constant.Value);
            case AllOf all:
                return new CombinedTest([.. all.Parts.Select(part => Compile(part, columns, moment))], areAll: true);
            case AnyOf any:
                return new CombinedTest([.. any.Parts.Select(part => Compile(part, columns, moment))], areAll: false);
            case Negation negation:
                return new NegationTest(Compile(negation.Part, columns, moment));
            case Presence presence:
                return new PresenceTest(Column(presence.Attribute), presence.IsMissing);
            case Nearness nearness:
                return new NearnessTest(Column(nearness.First), nearness.Second is null ? null : Column(nearness.Second), nearness);
            case ValueComparison comparison:
                return new ValueTest(Column(comparison.Attribute), NumbersOf(comparison, moment), TextsOf(comparison, moment), comparison.How == FilterComparison.NotEqual);
            default:
                throw new NotSupportedException($"There is no test for {node.GetType().Name}.");
        }

        AttributeColumn? Column(AttributeName name) => columns.GetValueOrDefault(name.Name);
    }

    private static NumberTest? NumbersOf(ValueComparison comparison, double moment)
    {
        FilterValue value = comparison.Values[0];
        if (value.Kind == FilterValueKind.Text)
            return null;
        double bound = value.At(moment);
        return comparison.How switch
        {
            FilterComparison.Less => new NumberTest<IsLess>(bound),
            FilterComparison.LessOrEqual => new NumberTest<IsAtMost>(bound),
            FilterComparison.Greater => new NumberTest<IsGreater>(bound),
            FilterComparison.GreaterOrEqual => new NumberTest<IsAtLeast>(bound),
            _ => comparison.Values.Length == 1 ? new NumberTest<IsEqual>(bound) : new AnyNumberTest(comparison.Values.Select(v => v.At(moment))),
        };
    }

    private static TextTest? TextsOf(ValueComparison comparison, double moment)
    {
        bool isEquality = comparison.How is FilterComparison.Equal or FilterComparison.NotEqual;
        return comparison.Values[0].Kind switch
        {
            FilterValueKind.Text when isEquality => new AnyTextTest(comparison.Values.Select(value => value.Text)),
            FilterValueKind.Text => new TextOrderTest(comparison.How, comparison.Values[0].Text),
            FilterValueKind.Boolean => new BooleanTextTest([.. comparison.Values.Select(value => value.Number != 0)]),
            FilterValueKind.Time => new TimeTextTest(NumbersOf(comparison, moment)!),
            _ => null,
        };
    }
}
