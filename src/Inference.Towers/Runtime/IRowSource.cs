using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Encoders;

namespace Inference.Towers.Runtime;

/// <summary>How the inputs of a port become rows. A type argument instead of a delegate, so that the runner's loop calls it directly.</summary>
internal interface IRowSource<TInput>
    where TInput : struct
{
    static abstract TowerRow RowOf(in TInput input, HistoryLayout? history);
}

/// <summary>A candidate of a user who is being answered.</summary>
/// <param name="Input">The user and all candidates.</param>
/// <param name="Items">The catalogue.</param>
/// <param name="Candidate">Which of the candidates.</param>
internal readonly record struct RankedRow(RankInput Input, ItemCatalogue Items, int Candidate);

/// <summary>Candidates as rows.</summary>
internal readonly struct RankedRows : IRowSource<RankedRow>
{
    public static TowerRow RowOf(in RankedRow input, HistoryLayout? history) =>
        new(input.Input, history is null ? [] : history.Trim(input.Input.History.Span), input.Items, input.Candidate);
}

/// <summary>Users as rows.</summary>
internal readonly struct UserRows : IRowSource<UserTowerInput>
{
    public static TowerRow RowOf(in UserTowerInput input, HistoryLayout? history) => new(input.Features, history is null ? [] : history.Trim(input.History.Span), null);
}

/// <summary>Items as rows.</summary>
internal readonly struct ItemRows : IRowSource<ItemTowerInput>
{
    public static TowerRow RowOf(in ItemTowerInput input, HistoryLayout? history) => new(input.Features, [], input.ItemId);
}
