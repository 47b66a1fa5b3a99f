namespace Inference.Training.OffPolicy;

/// <summary>What counts as a reward of an item that was shown.</summary>
public enum RewardKind
{
    /// <summary>1 where it was clicked.</summary>
    Click = 1,

    /// <summary>1 where it was put into the cart.</summary>
    Cart = 2,

    /// <summary>1 where it was bought.</summary>
    Purchase = 3,

    /// <summary>The sum of the values of its purchases.</summary>
    Value = 4,
}
