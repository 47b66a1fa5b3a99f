namespace Inference.Training.Features;

/// <summary>How features are made of the columns of users and items.</summary>
public sealed record FeatureOptions
{
    /// <summary>Training users that a value of a user's property needs to get a code of its own; rarer ones count as unknown.</summary>
    /// <value>At least 1; 20 by default, so that no code stands for a handful of people.</value>
    public int FewestUsersPerValue { get; init; } = 20;

    /// <summary>Most values of a user's property; the most frequent ones are kept.</summary>
    public int MostUserValues { get; init; } = 100;

    /// <summary>Whole numbers of users with at most this many different ones are categories; others are put into buckets.</summary>
    public int MostDistinctIntegers { get; init; } = 32;

    /// <summary>Most buckets of a number.</summary>
    public int MostBuckets { get; init; } = 10;

    /// <summary>Most parts of the day that a timestamp's hour is put into.</summary>
    public int MostDayParts { get; init; } = 5;

    /// <summary>Training items that a category or bucket of items needs.</summary>
    public int FewestItemsPerValue { get; init; } = 5;

    /// <summary>Most categories per column of items; the most frequent ones are kept.</summary>
    public int MostItemValues { get; init; } = 64;

    /// <summary>Number of ids that words are hashed to.</summary>
    public int TokenBuckets { get; init; } = 2048;

    /// <summary>Most words of a text that the item tower sees.</summary>
    public int MostWords { get; init; } = 16;

    /// <summary>Whether the first characters of item ids may become a token; they do where <see cref="IdPrefixRule"/> finds that they group items.</summary>
    public bool IdPrefix { get; init; } = true;

    /// <summary>Vectors of items that models get beside their columns; null for none.</summary>
    public ItemVectors? ItemVectors { get; init; }

    /// <summary>Columns of users that are not to be used.</summary>
    public IReadOnlyCollection<string> WithoutUserColumns { get; init; } = [];

    /// <summary>Columns of items that are not to be used. Times are never used: when an item first appeared tells of the future.</summary>
    public IReadOnlyCollection<string> WithoutItemColumns { get; init; } = [];
}
