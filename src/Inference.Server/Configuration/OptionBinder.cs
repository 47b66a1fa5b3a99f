using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Inference.Server.Options;
using Inference.Towers;

namespace Inference.Server.Configuration;

/// <summary>
/// Writes configuration into the options and checks it. Unlike the framework's binder it does not stop at the first mistake:
/// <list type="number">
/// <item>keys that no option has</item>
/// <item>values that cannot be read</item>
/// <item>values out of range, and rules across options</item>
/// </list>
/// </summary>
internal static class OptionBinder
{
    public static void Bind(SettingsSources sources, InferenceOptions options, ICollection<string> problems)
    {
        FindUnknownKeys(sources, problems);
        var unread = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (OptionEntry entry in OptionCatalogue.Entries)
        {
            if (sources.Configuration[entry.Key] is not { } text)
                continue;
            if (TryRead(text, entry.Property.PropertyType, out object? value, out string expected))
            {
                entry.Property.SetValue(entry.Section.GetValue(options), value);
            }
            else
            {
                unread.Add(entry.Key);
                problems.Add($"{entry.Key} = '{entry.Shown(text)}' ({sources.WhereIs(entry.Key)}): {expected} is expected.");
            }
        }

        foreach (OptionEntry entry in OptionCatalogue.Entries)
        {
            if (!unread.Contains(entry.Key))
                CheckRange(sources, options, entry, problems);
        }

        foreach (PropertyInfo section in typeof(InferenceOptions).GetProperties())
            CheckRules(sources, section, section.GetValue(options)!, problems);
    }

    private static void FindUnknownKeys(SettingsSources sources, ICollection<string> problems)
    {
        string[] known = [.. OptionCatalogue.Entries.Select(entry => entry.Key)];
        var knownKeys = new HashSet<string>(known, StringComparer.OrdinalIgnoreCase);
        foreach ((string key, _) in sources.Leaves())
        {
            if (!key.StartsWith(InferenceOptions.SectionName, StringComparison.OrdinalIgnoreCase) || knownKeys.Contains(key))
                continue;
            if (known.Any(entry => entry.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)))
            {
                if (!string.IsNullOrEmpty(sources.Configuration[key]))
                    problems.Add($"{key} ({sources.WhereIs(key)}) is a section and has no value of its own.");
                continue;
            }

            if (OptionCatalogue.Entries.FirstOrDefault(entry => entry.IsList && key.StartsWith(entry.Key + ":", StringComparison.OrdinalIgnoreCase)) is { } list)
            {
                problems.Add($"{key} ({sources.WhereIs(key)}): a list is written as one text with commas, as in {list.Key}=a,b.");
                continue;
            }

            string? nearest = NearestKey.Find(key, known);
            problems.Add($"{key} ({sources.WhereIs(key)}) is unknown{(nearest is null ? "; --help lists all options." : $"; did you mean {nearest}?")}");
        }
    }

    private static bool TryRead(string text, Type type, out object? value, out string expected)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        (bool ok, value, expected) = Type.GetTypeCode(type) switch
        {
            // First, because an enum has the type code of its numbers.
            _ when type.IsEnum => (Enum.TryParse(type, text, ignoreCase: true, out object? e) && Enum.IsDefined(type, e), e, $"one of {string.Join(", ", Enum.GetNames(type))}"),
            TypeCode.String => (true, text, ""),
            TypeCode.Boolean => (bool.TryParse(text, out bool b), b, "true or false"),
            TypeCode.Int32 => (int.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out int i), i, "a whole number"),
            TypeCode.Int64 => (long.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out long l), l, "a whole number"),
            TypeCode.Double => (double.TryParse(text, NumberStyles.Float, invariant, out double d) && double.IsFinite(d), d, "a number"),
            _ when type == typeof(TimeSpan) =>
                // A bare number would be read as days, which nobody means.
                (text.Contains(':', StringComparison.Ordinal) & TimeSpan.TryParse(text, invariant, out TimeSpan t), t, "a time as hh:mm:ss or hh:mm:ss.fff"),
            _ when type == typeof(IReadOnlyList<string>) => (true, text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), ""),
            _ => throw new NotSupportedException($"Options of type {type} cannot be read."),
        };
        return ok;
    }

    private static void CheckRange(SettingsSources sources, InferenceOptions options, OptionEntry entry, ICollection<string> problems)
    {
        object? value = entry.ValueIn(options);
        var context = new ValidationContext(entry.Section.GetValue(options)!) { MemberName = entry.Property.Name };
        foreach (ValidationAttribute rule in entry.Property.GetCustomAttributes<ValidationAttribute>())
        {
            if (rule.GetValidationResult(value, context) is not { } result)
                continue;
            string message = rule switch
            {
                RangeAttribute range => string.Create(CultureInfo.InvariantCulture, $"it must be from {range.Minimum} to {range.Maximum}"),
                AllowedValuesAttribute allowed => $"it must be one of {string.Join(", ", allowed.Values)}",
                RequiredAttribute => "it must not be empty",
                _ => result.ErrorMessage ?? "it is not valid",
            };
            problems.Add($"{entry.Key} = '{entry.Shown(entry.TextIn(options))}' ({sources.WhereIs(entry.Key)}): {message}.");
        }
    }

    private static void CheckRules(SettingsSources sources, PropertyInfo section, object value, ICollection<string> problems)
    {
        if (value is TowerOptions towers)
        {
            // Each fault begins with the name of its option.
            foreach (string fault in towers.Validate())
            {
                string key = $"{InferenceOptions.SectionName}:{section.Name}:{fault[..fault.IndexOf(' ', StringComparison.Ordinal)]}";
                problems.Add($"{key} ({sources.WhereIs(key)}){fault[fault.IndexOf(' ', StringComparison.Ordinal)..]}");
            }
        }

        if (value is not IValidatableObject rules)
            return;
        foreach (ValidationResult result in rules.Validate(new ValidationContext(value)))
        {
            string[] keys = [.. result.MemberNames.Select(name => $"{InferenceOptions.SectionName}:{section.Name}:{name}")];
            string where = keys.Length == 0 ? $"{InferenceOptions.SectionName}:{section.Name}" : string.Join(", ", keys.Select(key => $"{key} = '{Shown(key, sources.Configuration[key])}' ({sources.WhereIs(key)})"));
            problems.Add($"{where}: {result.ErrorMessage}.");
        }
    }

    private static string Shown(string key, string? text) => OptionCatalogue.Entries.FirstOrDefault(entry => entry.Key == key) is { } entry ? entry.Shown(text) : text ?? "";
}
