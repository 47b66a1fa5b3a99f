using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Inference.Server.Configuration;
using Inference.Server.Options;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server;

/// <summary>The files that tell people about options are made from the options themselves.</summary>
public partial class OptionDocsTests
{
    [Fact]
    [Trait("Category", "Golden")]
    public void ConfigurationPage_IsWhatTheOptionsSay() => Golden.Check("docs/configuration.md", Page());

    [Fact]
    [Trait("Category", "Golden")]
    public void ShippedSettings_AreWhatTheOptionsSay() => Golden.Check("src/Inference.Server/appsettings.json", Settings());

    [Fact]
    public void EveryOption_SaysItsRangeAndDefault() =>
        Assert.All(OptionCatalogue.Entries, entry =>
        {
            (string summary, string value) = Documentation(entry);
            Assert.True(summary.Length > 0, $"{entry.Key} has no summary.");
            string text = entry.TextIn(new InferenceOptions());
            string shown = entry.Property.PropertyType == typeof(string) || entry.IsList ? $"\"{text.Replace(",", "", StringComparison.Ordinal)}\"" : text;
            string plain = value.Replace(",", "", StringComparison.Ordinal);
            Assert.True(plain.Contains($"default {shown}", StringComparison.Ordinal), $"{entry.Key}: the <value> '{value}' does not say 'default {shown}'.");
        });

    private static string Page()
    {
        var page = new StringBuilder("""
            # Configuration
            Every option has a default, so none has to be set but the bundle. Sources, the later ones win:

            1. `appsettings.json` beside the program: every option with its default
            2. `appsettings.json` of the working folder
            3. the file that `--config FILE` names
            4. environment variables: `Inference__Server__GrpcAddress=...`
            5. the command line: `--Inference:Server:GrpcAddress=...`, or a short form

            An unknown key, a value that cannot be read or is out of range, or a broken file stops the start with exit code 2 and one list of everything that is wrong, each with where it
            was found. `--check` does only that. Options are read once; a change takes a restart. Times are written `hh:mm:ss.fff`.


            """);
        page.AppendLine("| short form | stands for |").AppendLine("| --- | --- |");
        foreach ((string name, string argument, string key, _) in CommandLine.ShortForms)
            page.AppendLine(CultureInfo.InvariantCulture, $"| `{name} {argument}` | `--{key}={argument}` |");
        var defaults = new InferenceOptions();
        foreach (IGrouping<string, OptionEntry> section in OptionCatalogue.Entries.GroupBy(entry => entry.Section.Name))
        {
            page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## Inference:{section.Key}").AppendLine(SummaryOf($"T:{section.First().Section.PropertyType.FullName}", section.First().Section.PropertyType)).AppendLine();
            page.AppendLine("| option | default | what it does | range |").AppendLine("| --- | --- | --- | --- |");
            foreach (OptionEntry entry in section)
            {
                (string summary, string value) = Documentation(entry);
                string text = entry.TextIn(defaults);
                page.AppendLine(CultureInfo.InvariantCulture, $"| `{entry.Property.Name}` | {(text.Length == 0 ? "(empty)" : $"`{text}`")} | {summary} | {value} |");
            }
        }

        page.Append("""

            ## Logging
            The standard section of .NET: `Logging:LogLevel:<category>` is `Trace`, `Debug`, `Information`, `Warning`, `Error`, `Critical` or `None`. Logs are single lines on the error stream;
            nothing is logged per request at `Information`, and no line holds the id of a user or an item. `Microsoft.AspNetCore.Hosting.Diagnostics` stands at `None` because the framework makes an
            activity for every request as soon as it may log one.

            """);
        return page.ToString();
    }

    private static string Settings()
    {
        var json = new StringBuilder("{\n  \"Inference\": {\n");
        var defaults = new InferenceOptions();
        IGrouping<string, OptionEntry>[] sections = [.. OptionCatalogue.Entries.GroupBy(entry => entry.Section.Name)];
        foreach (IGrouping<string, OptionEntry> section in sections)
        {
            IEnumerable<string> lines = section.Select(entry =>
                $"      \"{entry.Property.Name}\": {(entry.ValueIn(defaults) is string or TimeSpan or Enum or IReadOnlyList<string> ? $"\"{entry.TextIn(defaults)}\"" : entry.TextIn(defaults))}");
            json.Append(CultureInfo.InvariantCulture, $"    \"{section.Key}\": {{\n{string.Join(",\n", lines)}\n    }}{(section == sections[^1] ? "" : ",")}\n");
        }

        json.Append("""
              },
              "Logging": {
                "LogLevel": {
                  "Default": "Information",
                  "Microsoft": "Warning",
                  "Microsoft.AspNetCore.Hosting.Diagnostics": "None",
                  "System": "Warning"
                }
              }
            }

            """);
        return json.ToString();
    }

    private static (string Summary, string Value) Documentation(OptionEntry entry)
    {
        string id = $"P:{entry.Property.DeclaringType!.FullName}.{entry.Property.Name}";
        XElement member = Member(id, entry.Property.DeclaringType);
        return (Text(member.Element("summary")), Text(member.Element("value")));
    }

    private static string SummaryOf(string id, Type type) => Text(Member(id, type).Element("summary"));

    private static XElement Member(string id, Type type) =>
        XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml")).Descendants("member").Single(member => member.Attribute("name")!.Value == id);

    private static string Text(XElement? element) => element is null ? "" : Spaces().Replace(element.Value, " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
