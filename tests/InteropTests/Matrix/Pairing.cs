using InteropTests.Foreign;

namespace InteropTests.Matrix;

/// <summary>One client against one server: a column of the table. Null stands for this project's own.</summary>
internal sealed record Pairing(ForeignRuntime? Client, ForeignRuntime? Server)
{
    public static IReadOnlyList<Pairing> All { get; } =
    [
        .. ForeignRuntime.All.Select(foreign => new Pairing(foreign, null)),
        .. ForeignRuntime.All.Select(foreign => new Pairing(null, foreign)),
        new Pairing(null, null),
    ];

    /// <summary>Heading of the column.</summary>
    public string Name => $"{Client?.Name ?? "this client"} → {Server?.Name ?? "this server"}";

    /// <summary>The foreign side.</summary>
    public ForeignRuntime? Foreign => Client ?? Server;
}
