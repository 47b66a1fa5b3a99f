using Inference.Cli.Client;
using Inference.Recommendations.Surfaces;
using Inference.Training.Data;
using Inference.Training.Evaluation;

namespace Inference.Cli.Evaluation;

/// <summary>What `evaluate` was asked.</summary>
internal sealed record EvaluateOptions
{
    /// <summary>Folder of events.csv, users.csv, items.csv, each plain or with .gz.</summary>
    public required string Data { get; init; }

    /// <summary>Folder of the split's files; null for the folder "splits" of the data, or else to split here.</summary>
    public string? SplitFolder { get; init; }

    /// <summary>Folder of a bundle that is judged beside the models; null for none.</summary>
    public string? Bundle { get; init; }

    /// <summary>Floors of exposure that the bundle is judged with, too; empty for none.</summary>
    public IReadOnlyList<string> ExposureFloors { get; init; } = [];

    /// <summary>How many of the best items beyond the slate they may take from.</summary>
    public int FloorDepth { get; init; } = 100;

    /// <summary>How slates of the bundle are made up, to be judged, too.</summary>
    public SlateRules Slate { get; init; } = SlateRules.None;

    /// <summary>How many of the best items a slate is made up of.</summary>
    public int SlateDepth { get; init; } = 200;

    /// <summary>Name of a surface that the bundle is judged with, too; null for none.</summary>
    public string? Surface { get; init; }

    /// <summary>File of the surfaces; null for the built-in ones.</summary>
    public string? SurfacesFile { get; init; }

    /// <summary>Address of a running server that is judged beside the models; null for none.</summary>
    public string? Server { get; init; }

    /// <summary>Who the tool is to that server; null for nobody.</summary>
    public ServerAccess? Access { get; init; }

    /// <summary>How long the server may take for an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest share of a file's rows that may be bad.</summary>
    public double MostBadRows { get; init; } = new DataFolderOptions().MostBadRows;

    /// <summary>Names of the models; empty for all.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    public EvaluationPart Part { get; init; } = EvaluationPart.Test;

    /// <summary>File of hyper-parameters to use instead of tuning; null to tune.</summary>
    public string? Hyperparameters { get; init; }

    /// <summary>"time" or "arrival", to split here; null for what is there.</summary>
    public string? SplitMode { get; init; }

    /// <summary>Where validation begins, for a split by time; null for the time before which 80 % of the events lie.</summary>
    public DateTimeOffset? ValidationFrom { get; init; }

    /// <summary>Where the test part begins, for a split by time; null for the time before which 90 % of the events lie.</summary>
    public DateTimeOffset? TestFrom { get; init; }

    /// <summary>Whether sessions are played instead of judging rankings.</summary>
    public bool Sessions { get; init; }

    public ulong Seed { get; init; } = 1;

    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The command line as it was given, for reports.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>Whether the split is to be made here, whatever lies beside the data.</summary>
    public bool IsSplitHere => SplitMode is not null || ValidationFrom is not null || TestFrom is not null;
}
