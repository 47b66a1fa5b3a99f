namespace Inference.Training.Evaluation.Sessions;

/// <summary>What the exposure floor means for a slot.</summary>
public enum FloorUse
{
    /// <summary>Nothing: all new items are drawn from.</summary>
    None,

    /// <summary>Items leave the pool when they were shown often enough, and no slot is kept when it is empty. So servers do it.</summary>
    Leave,

    /// <summary>Items that were shown less often come first; where there is none, all are drawn from.</summary>
    First,
}

/// <summary>What a slot for new items earned, as a mean over the runs.</summary>
/// <param name="Rule">How its item was chosen.</param>
/// <param name="Floor">What the exposure floor meant.</param>
/// <param name="Rounds">How often each user visits.</param>
/// <param name="Visits">Visits of a run.</param>
/// <param name="Shown">Visits with a slot.</param>
/// <param name="ClickRate">Clicks per shown item.</param>
/// <param name="ClickRateLate">The same in the second half of what was shown.</param>
/// <param name="ShareOfFive">Share of the new items that were shown five times or more.</param>
/// <param name="ShareOfFloor">Share of the new items that were shown as often as the exposure floor says.</param>
/// <param name="LeastShown">How often the item was shown that was shown least.</param>
public sealed record NewItemResult(
    string Rule, FloorUse Floor, int Rounds, int Visits, double Shown, double ClickRate, double ClickRateLate, double ShareOfFive, double ShareOfFloor, double LeastShown)
{
    /// <summary>As reports call it.</summary>
    public string Name => Rule
        + Floor switch { FloorUse.Leave => " with floor", FloorUse.First => " with floor first", _ => "" }
        + (Rounds == 1 ? "" : FormattableString.Invariant($", {Rounds} visits"));
}
