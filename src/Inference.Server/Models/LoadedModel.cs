using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Towers.Bundles;

namespace Inference.Server.Models;

/// <summary>A model that was loaded, and what is to be told of it.</summary>
/// <param name="Bundle">What was loaded.</param>
/// <param name="Users">The users that the bundle knows, as the store of states wants them.</param>
/// <param name="At">When it could be used.</param>
/// <param name="Took">How long that took.</param>
internal sealed record LoadedModel(LoadedBundle Bundle, KeyedUsers Users, DateTimeOffset At, TimeSpan Took)
{
    /// <summary>What requests are served from; leased by each.</summary>
    public Snapshot Snapshot => Bundle.Snapshot;

    /// <summary>"name/version".</summary>
    public string Version => Bundle.Snapshot.Model.FullVersion;

    /// <summary>Lines for people about parts that do not run on the wanted provider; empty when all do.</summary>
    public IEnumerable<string> Fallbacks => Bundle.ProviderUses.Where(use => use.IsFallback).Select(use => use.ToString());
}
