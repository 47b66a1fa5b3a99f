namespace Inference.Training.Demo;

/// <summary>Numbers of the streams of chance, so that no two parts of the world share their draws.</summary>
internal static class DemoStreams
{
    public const ulong Taste = 1;
    public const ulong Segments = 2;
    public const ulong Popularity = 3;
    public const ulong Rotation = 4;
    public const ulong Golden = 5;

    /// <summary>First of the items' own streams.</summary>
    public const ulong Items = 1UL << 40;

    /// <summary>First of the users' own streams.</summary>
    public const ulong Users = 2UL << 40;

    /// <summary>First of the streams for the imprecision of the items' embeddings.</summary>
    public const ulong ItemNoise = 3UL << 40;

    /// <summary>First of the streams for what filters read of items.</summary>
    public const ulong Attributes = 4UL << 40;
}
