namespace Inference.Training.Evaluation.Sessions;

/// <summary>What a slot for new items earned, as a mean over the runs.</summary>
/// <param name="Rule">How its item was chosen.</param>
/// <param name="HasFloor">Whether items left the pool at the exposure floor.</param>
/// <param name="Visits">Visits of a run.</param>
/// <param name="Shown">Visits with a slot: none is kept when the pool is empty.</param>
/// <param name="ClickRate">Clicks per shown item.</param>
/// <param name="ClickRateLate">The same in the second half of what was shown.</param>
/// <param name="ShareOfFive">Share of the new items that were shown five times or more.</param>
/// <param name="ShareOfFloor">Share of the new items that were shown as often as the exposure floor says.</param>
/// <param name="LeastShown">How often the item was shown that was shown least.</param>
public sealed record NewItemResult(
    string Rule, bool HasFloor, int Visits, double Shown, double ClickRate, double ClickRateLate, double ShareOfFive, double ShareOfFloor, double LeastShown)
{
    /// <summary>As reports call it.</summary>
    public string Name => HasFloor ? Rule + " with floor" : Rule;
}
