using System.Collections;
using System.Text.Json;
using Inference.Server.Options;
using Microsoft.Extensions.Configuration.Memory;

namespace Inference.Server.Configuration;

/// <summary>
/// Where settings come from; a later source goes before an earlier one:
/// <list type="number">
/// <item>appsettings.json beside the program: every option with its default</item>
/// <item>appsettings.json of the working folder</item>
/// <item>the file that --config names</item>
/// <item>environment variables Inference__Section__Key and Logging__…</item>
/// <item>the command line</item>
/// </list>
/// </summary>
internal sealed class SettingsSources
{
    private const string FileName = "appsettings.json";
    private static readonly string[] Sections = [InferenceOptions.SectionName, "Logging"];

    /// <summary>Variables that other programs define for everybody, with the option that each stands for.</summary>
    private static readonly (string Variable, string Key)[] CommonVariables = [("OTEL_EXPORTER_OTLP_ENDPOINT", "Inference:Telemetry:OtlpEndpoint")];

    private readonly Dictionary<IConfigurationProvider, string> _labels = [];
    private readonly Dictionary<string, string> _variables = new(StringComparer.OrdinalIgnoreCase);

    private SettingsSources()
    {
    }

    public ConfigurationManager Configuration { get; } = new();

    /// <summary>Reads all sources. Files that cannot be read are problems.</summary>
    public static SettingsSources Read(CommandLine commandLine, IDictionary environment, string programFolder, string workingFolder, ICollection<string> problems)
    {
        var sources = new SettingsSources();
        string shipped = Path.Combine(programFolder, FileName), local = Path.Combine(workingFolder, FileName);
        sources.AddFile(shipped, optional: true, problems);
        if (!string.Equals(Path.GetFullPath(shipped), Path.GetFullPath(local), StringComparison.Ordinal))
            sources.AddFile(local, optional: true, problems);
        if (commandLine.ConfigFile is { } file)
            sources.AddFile(Path.GetFullPath(file, workingFolder), optional: false, problems);
        sources.AddEnvironment(environment);
        sources.Add(new MemoryConfigurationSource { InitialData = commandLine.Settings }, "from the command line");
        return sources;
    }

    /// <summary>Says where the value of a key comes from.</summary>
    public string WhereIs(string key)
    {
        foreach (IConfigurationProvider provider in ((IConfigurationRoot)Configuration).Providers.Reverse())
        {
            if (provider.TryGet(key, out _) || provider.GetChildKeys([], key).Any())
                return _labels.TryGetValue(provider, out string? label) ? label : $"from the environment variable {_variables.GetValueOrDefault(key, key.Replace(":", "__", StringComparison.Ordinal))}";
        }

        return "by default";
    }

    /// <summary>All keys under which nothing more is nested.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Leaves() => Configuration.AsEnumerable().Where(pair => !Configuration.GetSection(pair.Key).GetChildren().Any() || !string.IsNullOrEmpty(pair.Value));

    private void AddFile(string path, bool optional, ICollection<string> problems)
    {
        if (!File.Exists(path))
        {
            if (!optional)
                problems.Add($"{path}: there is no such file.");
            return;
        }

        try
        {
            // Read once: a change of options takes a restart, and a watcher would cost a thread and a handle.
            using FileStream stream = File.OpenRead(path);
            var values = new ConfigurationBuilder().AddJsonStream(stream).Build();
            foreach (IConfigurationSection section in values.GetChildren().Where(child => !Sections.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
            {
                string? nearest = NearestKey.Find(section.Key, Sections);
                problems.Add($"{path}: the section '{section.Key}' is unknown{(nearest is null ? $"; {string.Join(" and ", Sections)} are known." : $"; did you mean {nearest}?")}");
            }

            Add(new MemoryConfigurationSource { InitialData = values.AsEnumerable() }, $"from {path}");
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or JsonException)
        {
            problems.Add(e.InnerException is JsonException json || (json = (e as JsonException)!) is not null
                ? $"{path}, line {json.LineNumber + 1}: this is not JSON: {Reason(json)}"
                : $"{path}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{path}: {e.Message}");
        }
    }

    private void AddEnvironment(IDictionary environment)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach ((string variable, string key) in CommonVariables)
        {
            if (environment[variable] is string { Length: > 0 } value)
                (values[key], _variables[key]) = (value, variable);
        }

        foreach (DictionaryEntry variable in environment)
        {
            string name = (string)variable.Key;
            if (!Sections.Any(section => name.StartsWith(section + "__", StringComparison.OrdinalIgnoreCase)))
                continue;
            string key = name.Replace("__", ":", StringComparison.Ordinal);
            (values[key], _variables[key]) = ((string?)variable.Value, name);
        }

        ((IConfigurationBuilder)Configuration).Add(new MemoryConfigurationSource { InitialData = values });
    }

    private void Add(MemoryConfigurationSource source, string label)
    {
        ((IConfigurationBuilder)Configuration).Add(source);
        _labels[((IConfigurationRoot)Configuration).Providers.Last()] = label;
    }

    /// <summary>The parser's sentence without its own position, which counts lines from 0.</summary>
    private static string Reason(JsonException e)
    {
        int position = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return position < 0 ? e.Message : e.Message[..position];
    }
}
