using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Reflection;
using Inference.Cli.Frame;
using Inference.Cli.Verbs;

namespace Inference.Cli;

/// <summary>The tool's whole command line. Exit codes are those of <see cref="ExitCode"/>.</summary>
internal static class InferenceCommand
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CommandHost host, CancellationToken cancellationToken = default)
    {
        ParseResult result = Create(host).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors.Count > 0 && result.Action is not { ClearsParseErrors: true })
            return UsageErrors.Report(result, host.Error);
        var invocation = new InvocationConfiguration
        {
            Output = host.Output,
            Error = host.Error,
            EnableDefaultExceptionHandler = false,
            // Ctrl-C and SIGTERM cancel; what was measured or made so far is still reported.
            ProcessTerminationTimeout = TimeSpan.FromSeconds(5),
        };
        try
        {
            return await result.InvokeAsync(invocation, cancellationToken);
        }
        catch (Exception failure)
        {
            return Failures.Report(failure, host.Error);
        }
    }

    private static RootCommand Create(CommandHost host)
    {
        Verb load = LoadVerb.Create(host);
        Verb[] verbs =
        [
            DemoVerb.Create(host), SplitVerb.Create(host), TrainVerb.Create(host), DistilVerb.Create(host), TrainRankerVerb.Create(host), EvaluateVerb.Create(host), ReplayVerb.Create(host), BundleImportVerb.Create(host), BundleCheckVerb.Create(host), BundleDiffVerb.Create(host),
            RecommendVerb.Create(host), SimilarVerb.Create(host), ExportVerb.Create(host), RecordVerb.Create(host), ForgetVerb.Create(host), StateVerb.Create(host), ModelsVerb.Create(host), load, LoadPlotVerb.Create(host), SimulateVerb.Create(host),
            IndexBenchVerb.Create(host), IndexTruthVerb.Create(host), KeysVerb.Create(host), VectorsPushVerb.Create(host), VectorsListVerb.Create(host), VectorsDropVerb.Create(host),
        ];
        var bundle = new Command("bundle", "Make, check and compare bundles: versioned folders of towers, items and profiles");
        var index = new Command("index", "Measure vector indexes");
        var vectors = new Command("vectors", "Bring item embeddings to a Redis with vector sets, for surfaces that list 'vector_engine'");
        var root = new RootCommand("The command-line tool of the recommendation server") { bundle, index, vectors };
        foreach (Verb verb in verbs)
            (verb.Command.Name switch { "import" or "check" or "diff" => bundle, "bench" or "truth" => index, "plot" => load.Command, "push" or "list" or "drop" => vectors, _ => root }).Add(verb.Command);

        var examples = verbs.ToDictionary(verb => verb.Command, verb => verb.Examples);
        examples[root] = [.. verbs.Select(verb => verb.Examples[0])];
        foreach (Command group in new[] { bundle, index, vectors })
            examples[group] = [.. verbs.Where(verb => group.Subcommands.Contains(verb.Command)).SelectMany(verb => verb.Examples)];
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction help } helpOption)
                helpOption.Action = new HelpWithExamples(help, examples);
            else if (option is VersionOption version)
                version.Action = new PrintVersion();
        }

        return root;
    }

    /// <summary>Prints the version that the build stamped, with the commit.</summary>
    private sealed class PrintVersion : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            string? version = typeof(InferenceCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
            parseResult.InvocationConfiguration.Output.WriteLine($"inference {version}");
            return ExitCode.Ok;
        }
    }
}
