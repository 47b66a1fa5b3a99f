using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Towers;

namespace Inference.Server.Hosting;

/// <summary>A model that was loaded, and what is to be told of it.</summary>
/// <param name="Folder">The bundle's folder.</param>
/// <param name="Snapshot">The model.</param>
/// <param name="Users">Stored users of the bundle, by id.</param>
/// <param name="Providers">The execution providers that the user tower runs on, in order of preference.</param>
/// <param name="ProviderUses">For each part that runs on a provider: the wanted one, the actual one, and why they differ.</param>
/// <param name="At">When it was loaded.</param>
/// <param name="Took">How long loading took.</param>
internal sealed record LoadedModel(
    string Folder, Snapshot Snapshot, IReadOnlyDictionary<string, UserState> Users, IReadOnlyList<string> Providers, IReadOnlyList<ProviderUse> ProviderUses, DateTimeOffset At, TimeSpan Took)
{
    /// <summary>Lines for people about parts that do not run on the wanted provider; empty when all do.</summary>
    public IEnumerable<string> Fallbacks => ProviderUses.Where(use => use.IsFallback).Select(use => use.ToString());
}
