using Grpc.Core;
using Inference.Cli.Client;

namespace Inference.Cli.Load;

/// <summary>What a command line of `load` asks for.</summary>
internal sealed record LoadArguments
{
    /// <value>The rates, one run each.</value>
    public required IReadOnlyList<double> Rates { get; init; }

    /// <value>Between which rates to search instead; null for no search.</value>
    public required (double From, double To)? Search { get; init; }

    /// <value>What each run does, apart from its rate.</value>
    public required LoadOptions Options { get; init; }

    /// <value>What is asked.</value>
    public required MixOptions Mix { get; init; }

    /// <value>Where the server is.</value>
    public required string Address { get; init; }

    /// <value>How many connections.</value>
    public required int Connections { get; init; }

    /// <value>What goes with every call; null for nothing.</value>
    public required Metadata? Headers { get; init; }

    /// <value>Who we are to the server, and whom to trust.</value>
    public required ServerAccess Access { get; init; }

    /// <value>A run with a greater 99th percentile fails.</value>
    public required double MaxP99Milliseconds { get; init; }

    /// <value>A run with a greater share of errors fails.</value>
    public required double MaxErrorShare { get; init; }

    /// <value>Where the percentiles go; null for nowhere.</value>
    public required string? HistogramFile { get; init; }

    /// <value>Where the result goes; null for nowhere.</value>
    public required string? JsonFile { get; init; }
}
