using Inference.Recommendations.Ports;
using Inference.Towers.Encoders;

namespace Inference.Towers.Runtime;

/// <summary>How the inputs of a port become rows. A type argument instead of a delegate, so that the runner's loop calls it directly.</summary>
internal interface IRowSource<TInput>
    where TInput : struct
{
    static abstract TowerRow RowOf(in TInput input, HistoryLayout? history);
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
