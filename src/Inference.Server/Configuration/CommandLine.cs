using Inference.Server.Options;

namespace Inference.Server.Configuration;

/// <summary>What the command line asks for.</summary>
internal enum CommandLineAction
{
    Serve,
    CheckConfiguration,
    ShowHelp,
    ShowVersion,
}

/// <summary>The command line, read whole: what is wrong with it is collected, not thrown.</summary>
/// <param name="Action">What to do.</param>
/// <param name="ConfigFile">A settings file to read after the usual ones; null for none.</param>
/// <param name="Settings">Configuration keys and values, in order; a later one wins.</param>
/// <param name="Problems">One sentence for each argument that makes no sense.</param>
internal sealed record CommandLine(
    CommandLineAction Action, string? ConfigFile, IReadOnlyDictionary<string, string?> Settings, IReadOnlyList<string> Problems)
{
    /// <summary>The short forms, with the configuration key that each stands for.</summary>
    public static IReadOnlyList<(string Name, string Argument, string Key, string Help)> ShortForms { get; } =
    [
        ("--bundle", "DIR", "Inference:Bundle:Path", "the bundle to serve"),
        ("--grpc", "ADDR", "Inference:Server:GrpcAddress", "where gRPC is served"),
        ("--http", "ADDR", "Inference:Server:HttpAddress", "where /healthz, /readyz and /metrics are served"),
        ("--redis", "NODES", "Inference:Redis:Configuration", "the Redis through which replicas share what they keep"),
        ("--otlp", "URL", "Inference:Telemetry:OtlpEndpoint", "where metrics and traces are sent by OTLP"),
    ];

    private static readonly string[] FreeSections = [InferenceOptions.SectionName, "Logging"];

    private static readonly string[] OtherNames = ["--config", "--check", "--help", "--version"];

    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        var action = CommandLineAction.Serve;
        string? configFile = null;
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var problems = new List<string>();
        for (int i = 0; i < args.Count; i++)
        {
            int equals = args[i].IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? args[i] : args[i][..equals];
            switch (name)
            {
                case "--help" or "-h" or "-?":
                    action = CommandLineAction.ShowHelp;
                    continue;
                case "--version":
                    action = CommandLineAction.ShowVersion;
                    continue;
                case "--check":
                    action = CommandLineAction.CheckConfiguration;
                    continue;
            }

            string? key = KeyOf(name);
            if (key is null && name != "--config")
            {
                problems.Add(Unknown(args[i], name));
                continue;
            }

            string? value = equals >= 0 ? args[i][(equals + 1)..] : i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? args[++i] : null;
            if (value is null)
                problems.Add($"{name} needs a value, as in {name}=VALUE.");
            else if (key is null)
                configFile = value;
            else
                settings[key] = value;
        }

        return new CommandLine(action, configFile, settings, problems);
    }

    private static string? KeyOf(string name)
    {
        foreach ((string shortName, _, string key, _) in ShortForms)
        {
            if (name == shortName)
                return key;
        }

        if (!name.StartsWith("--", StringComparison.Ordinal))
            return null;
        string candidate = name[2..].Replace("__", ":", StringComparison.Ordinal);
        return FreeSections.Any(section => candidate.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase)) ? candidate : null;
    }

    private static string Unknown(string argument, string name)
    {
        if (!name.StartsWith('-'))
            return $"'{argument}' is not an option; options begin with '--'.";
        string? nearest = NearestKey.Find(name, [.. ShortForms.Select(form => form.Name), .. OtherNames, .. OptionCatalogue.Entries.Select(entry => "--" + entry.Key)]);
        return $"{name} is unknown{(nearest is null ? "" : $"; did you mean {nearest}?")}";
    }
}
