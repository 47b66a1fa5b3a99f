namespace Inference.Towers;

/// <summary>Which execution provider a part of a bundle was to run on, and which one it runs on.</summary>
/// <param name="Part">"user_tower", "item_tower" or "index".</param>
/// <param name="Wanted">The first provider of the configured list.</param>
/// <param name="Actual">The first provider that the part has.</param>
/// <param name="Reason">Why a provider before it was given up, in the runtime's words; null where none was.</param>
public sealed record ProviderUse(string Part, string Wanted, string Actual, string? Reason)
{
    /// <summary>Whether the part runs on another provider than the wanted one, or without one that was to take what the others do not.</summary>
    public bool IsFallback => Reason is not null;

    /// <summary>One line for people, as "the user tower runs on cpu instead of cuda: no such library".</summary>
    public override string ToString()
    {
        string runs = $"the {Part.Replace('_', ' ')} runs on {Actual}";
        return Reason is null ? runs : $"{runs}{(Actual == Wanted ? "" : $" instead of {Wanted}")}: {Reason}";
    }
}
