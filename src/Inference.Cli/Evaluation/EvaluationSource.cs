using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Cli.Frame;
using Inference.Training.Data;
using Inference.Training.Evaluation;
using Inference.Training.Evaluation.Entrants;
using Inference.Training.Splits;

namespace Inference.Cli.Evaluation;

/// <summary>Reads what an evaluation is made of.</summary>
/// <param name="Inputs">Data, split, judge.</param>
/// <param name="Split">Where the split came from, for people.</param>
internal sealed record EvaluationSource(EvaluationInputs Inputs, string Split)
{
    /// <exception cref="CommandFailedException">Something is missing; the message says what.</exception>
    public static EvaluationSource Read(EvaluateOptions options, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        DataFolder data = DataFolder.Open(options.Data, new DataFolderOptions { MostBadRows = options.MostBadRows }, progress: begin("read data"), cancellationToken: cancellationToken);
        begin("split");
        (ColdSplit split, string origin) = SplitOf(options, data);
        begin("features and content");
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Data)));
        return new EvaluationSource(EvaluationInputs.Of(name, data, split, options.Seed, options.Threads), origin);
    }

    /// <summary>The models that were asked for, in the order of reports.</summary>
    /// <param name="options">What was asked.</param>
    public static IReadOnlyList<EntrantRecipe> Recipes(EvaluateOptions options) =>
        [.. EntrantRecipes.All().Where(recipe => options.Models.Count == 0 || options.Models.Contains(recipe.Name))];

    /// <summary>Hyper-parameters by model: of a results file ("hyperparameters"), or of a file that is nothing else.</summary>
    /// <exception cref="CommandFailedException">The file is not such JSON.</exception>
    public static JsonObject? HyperparametersOf(string? path)
    {
        if (path is null)
            return null;
        if (!File.Exists(path))
            throw new CommandFailedException($"--hyperparameters: there is no file '{path}'.");
        try
        {
            JsonObject json = JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new CommandFailedException($"--hyperparameters: '{path}' holds no JSON object.");
            return json["hyperparameters"] as JsonObject ?? json;
        }
        catch (JsonException e)
        {
            throw new CommandFailedException($"--hyperparameters: '{path}' is no JSON: {e.Message}", e);
        }
    }

    /// <summary>The split: of the folder that was given, or beside the data, or made here.</summary>
    /// <returns>The split, and where it came from, for people.</returns>
    /// <exception cref="CommandFailedException">The data cannot be split as asked.</exception>
    public static (ColdSplit Split, string Origin) SplitOf(EvaluateOptions options, DataFolder data)
    {
        string beside = Path.Combine(options.Data, "splits");
        if (options.SplitFolder is { } given)
            return (ColdSplitReader.Read(given), given);
        if (!options.IsSplitHere && Directory.Exists(beside))
            return (ColdSplitReader.Read(beside), beside);
        return Make(options, data);
    }

    /// <summary>A split that is made of the data, whatever lies beside them.</summary>
    /// <inheritdoc cref="SplitOf"/>
    public static (ColdSplit Split, string Origin) Make(EvaluateOptions options, DataFolder data)
    {
        string mode = options.SplitMode ?? SplitTimes.Time;
        try
        {
            return (ColdSplitBuilder.Build(data, new ColdSplitOptions { Mode = mode, Validation = options.ValidationFrom?.ToUnixTimeSeconds(), Test = options.TestFrom?.ToUnixTimeSeconds() }), $"made here, mode {mode}");
        }
        catch (ArgumentException e)
        {
            throw new CommandFailedException($"The data cannot be split like that: {TextOf(e)}", e);
        }
    }

    /// <summary>What went wrong, without the name of a parameter that nobody of the command line has seen.</summary>
    private static string TextOf(ArgumentException e) => e.ParamName is { } name ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : e.Message;
}
