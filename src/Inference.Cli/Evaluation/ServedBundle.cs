using Inference.Cli.Frame;
using Inference.Training.Evaluation;

namespace Inference.Cli.Evaluation;

/// <summary>A bundle as it is served, as one more entrant of an evaluation.</summary>
internal static class ServedBundle
{
    /// <summary>Name of the entrant in results.</summary>
    public const string Name = "bundle";

    /// <exception cref="CommandFailedException">The bundle cannot be judged.</exception>
    public static EntrantRecipe Recipe(string folder) => throw new CommandFailedException($"--bundle: '{folder}' cannot be judged: bundles have no scorer yet.");
}
