namespace Inference.Training.Demo;

/// <summary>The size of a demo world. The same options give the same world, byte for byte, on one machine and runtime.</summary>
public sealed record DemoOptions
{
    /// <value>Items in the catalogue, 100 to 5,000,000. Default 20,000. One new item is added per fifty, outside the catalogue.</value>
    public int Items { get; init; } = 20_000;

    /// <value>Users with history, 50 to 5,000,000. Default 5,000. One user without history is added per ten, at most 2,000.</value>
    public int Users { get; init; } = 5_000;

    /// <value>Dimensions of the embeddings, 8 to 1,024. Default 64.</value>
    public int Dimension { get; init; } = 64;

    /// <value>Names the world. Default 1.</value>
    public ulong Seed { get; init; } = 1;

    /// <value>Name of the bundle. Default "demo".</value>
    public string Name { get; init; } = "demo";

    /// <value>Version of the bundle. Default "1".</value>
    public string Version { get; init; } = "1";

    /// <summary>All that is wrong with the options; empty when nothing is.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (Items is < 100 or > 5_000_000)
            errors.Add($"items must be 100 to 5000000, not {Items}");
        if (Users is < 50 or > 5_000_000)
            errors.Add($"users must be 50 to 5000000, not {Users}");
        if (Dimension is < 8 or > 1024)
            errors.Add($"dim must be 8 to 1024, not {Dimension}");
        // An ONNX file is one protobuf message: at most 2 GiB.
        if ((long)Items * Dimension > 500_000_000)
            errors.Add($"items × dim must be at most 500000000, not {(long)Items * Dimension}");
        return errors;
    }
}
