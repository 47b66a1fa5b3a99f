namespace Inference.Recommendations.Users;

/// <summary>What a user did with an item. The numbers are stored and sent; they never change.</summary>
public enum InteractionType : byte
{
    /// <summary>The item's page was seen.</summary>
    View = 1,

    /// <summary>The item was clicked in a slate.</summary>
    Click = 2,

    /// <summary>The item was put into the cart.</summary>
    Cart = 3,

    /// <summary>The item was bought.</summary>
    Purchase = 4,

    /// <summary>The item was liked or rated well.</summary>
    Like = 5,

    /// <summary>The item was shown and passed over: an impression without a click. It is no part of the history that towers read.</summary>
    Skip = 6,
}
