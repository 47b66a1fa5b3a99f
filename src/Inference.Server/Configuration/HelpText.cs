using System.Globalization;
using System.Text;
using Inference.Server.Options;

namespace Inference.Server.Configuration;

/// <summary>The text of --help.</summary>
internal static class HelpText
{
    public static string Make()
    {
        var text = new StringBuilder();
        text.AppendLine("Serves recommendations from a bundle over gRPC.").AppendLine();
        text.AppendLine("Usage: inference-server [--bundle DIR] [options]").AppendLine();
        foreach ((string name, string argument, string key, string help) in CommandLine.ShortForms)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {name + " " + argument,-16} {help} (short for --{key}=…)");
        text.AppendLine("  --config FILE    reads a settings file after appsettings.json");
        text.AppendLine("  --check          checks the configuration, starts nothing");
        text.AppendLine("  --version        prints the version");
        text.AppendLine("  --help           prints this text");
        text.AppendLine().AppendLine("Every option, with its default; as an environment variable, ':' is written '__':").AppendLine();
        var defaults = new InferenceOptions();
        foreach (OptionEntry entry in OptionCatalogue.Entries)
            text.AppendLine(CultureInfo.InvariantCulture, $"  --{entry.Key}={entry.TextIn(defaults)}");
        text.AppendLine("  --Logging:LogLevel:Default=Information").AppendLine();
        text.AppendLine("Exit codes: 0 stopped as asked, 1 failed, 2 wrong options. docs/configuration.md describes each option.");
        return text.ToString();
    }
}
