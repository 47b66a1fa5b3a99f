using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Inference.Server.Options;

namespace Inference.Server.Configuration;

/// <summary>One option.</summary>
/// <param name="Key">Its configuration key, "Inference:Section:Name".</param>
/// <param name="Section">The property of <see cref="InferenceOptions"/> that holds its section.</param>
/// <param name="Property">The property that holds its value.</param>
internal sealed record OptionEntry(string Key, PropertyInfo Section, PropertyInfo Property)
{
    /// <summary>Whether its value is a list of names, written as one text with commas.</summary>
    public bool IsList => Property.PropertyType == typeof(IReadOnlyList<string>);

    /// <summary>Whether its value holds a secret, and is never repeated.</summary>
    public bool IsSecret { get; } = Property.GetCustomAttribute<DataTypeAttribute>()?.DataType == DataType.Password;

    /// <summary>A value of it for messages.</summary>
    public string Shown(string? text) => IsSecret ? "***" : text ?? "";

    /// <summary>The value that it has in these options.</summary>
    public object? ValueIn(InferenceOptions options) => Property.GetValue(Section.GetValue(options));

    /// <summary>Its value as configuration files write it.</summary>
    public string TextIn(InferenceOptions options) => ValueIn(options) switch
    {
        null => "",
        bool value => value ? "true" : "false",
        TimeSpan value => value.Ticks % TimeSpan.TicksPerSecond == 0 ? value.ToString("c", CultureInfo.InvariantCulture) : value.ToString("c", CultureInfo.InvariantCulture).TrimEnd('0'),
        IReadOnlyList<string> value => string.Join(',', value),
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        var value => value.ToString()!,
    };
}

/// <summary>All options that there are, read once from the classes that hold them.</summary>
internal static class OptionCatalogue
{
    public static IReadOnlyList<OptionEntry> Entries { get; } =
    [
        .. from section in typeof(InferenceOptions).GetProperties()
           from property in section.PropertyType.GetProperties()
           where property.CanWrite
           select new OptionEntry($"{InferenceOptions.SectionName}:{section.Name}:{property.Name}", section, property),
    ];
}
