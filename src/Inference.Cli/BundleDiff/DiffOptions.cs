namespace Inference.Cli.BundleDiff;

/// <summary>What two bundles are compared by.</summary>
/// <param name="FolderA">Folder of the bundle that is there, a teacher for example.</param>
/// <param name="FolderB">Folder of the one that is to take its place.</param>
/// <param name="UsersFile">Users to ask for, as a bundle's users.jsonl; null takes those of bundle A.</param>
/// <param name="Requests">Most requests of each scenario.</param>
/// <param name="Seed">Chooses which users.</param>
/// <param name="Cutoffs">The k of overlap@k, ascending; 10 is among them.</param>
/// <param name="Gates">What the figures have to reach.</param>
internal sealed record DiffOptions(string FolderA, string FolderB, string? UsersFile, int Requests, int Seed, IReadOnlyList<int> Cutoffs, DiffGates Gates)
{
    /// <summary>Items that are asked for.</summary>
    public int Limit => Cutoffs[^1];
}
