using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace UnitTests.Architecture;

/// <summary>
/// Dependencies point one way, and each foreign library is known to as few projects as can be:
/// Vectors ← Recommendations ← {Towers, Storage} ← Training, Protocol is the contract alone, Server and Cli are the ends.
/// </summary>
public class DependencyRuleTests
{
    /// <summary>What each assembly may refer to, beside the base library. A name that ends in ".*" stands for a family.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Inference.Vectors"] = [],
        ["Inference.Recommendations"] = ["Inference.Vectors", "Microsoft.Extensions.Logging.Abstractions"],
        ["Inference.Towers"] =
            ["Inference.Vectors", "Inference.Recommendations", "Microsoft.ML.OnnxRuntime", "Google.Protobuf", "Microsoft.Extensions.Logging.Abstractions"],
        ["Inference.Storage"] =
            ["Inference.Vectors", "Inference.Recommendations", "StackExchange.Redis", "Polly.Core", "Microsoft.Extensions.Logging.Abstractions"],
        ["Inference.Training"] =
            ["Inference.Vectors", "Inference.Recommendations", "Inference.Towers", "Inference.Storage", "Google.Protobuf", "Microsoft.Extensions.Logging.Abstractions"],
        ["Inference.Protocol"] = ["Google.Protobuf", "Grpc.Core.Api"],
        ["Inference.Server"] =
        [
            "Inference.Vectors", "Inference.Recommendations", "Inference.Towers", "Inference.Storage", "Inference.Protocol",
            "Google.Protobuf", "Grpc.*", "OpenTelemetry", "OpenTelemetry.*", "Microsoft.IdentityModel.*", "Microsoft.AspNetCore", "Microsoft.AspNetCore.*", "Microsoft.Net.Http.Headers", "Microsoft.Extensions.*",
        ],
        ["inference"] =
        [
            "Inference.Vectors", "Inference.Recommendations", "Inference.Towers", "Inference.Storage", "Inference.Training", "Inference.Protocol",
            "Google.Protobuf", "Grpc.*", "Spectre.Console", "System.CommandLine", "Microsoft.Extensions.Logging.Abstractions",
        ],
    };

    /// <summary>What nobody but these may refer to; it follows from the table above, and is said again because it is the point of it.</summary>
    private static readonly (string Library, string[] Owners)[] Owned =
    [
        ("Microsoft.ML.OnnxRuntime", ["Inference.Towers"]),
        ("StackExchange.Redis", ["Inference.Storage"]),
        ("OpenTelemetry", ["Inference.Server"]),
        ("OpenTelemetry.*", ["Inference.Server"]),
        ("Grpc.*", ["Inference.Protocol", "Inference.Server", "inference"]),
        ("Microsoft.AspNetCore.*", ["Inference.Server"]),
        ("Microsoft.IdentityModel.*", ["Inference.Server"]),
    ];

    public static TheoryData<string> Assemblies => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void References_OfAnAssembly_AreInTheTable(string assembly)
    {
        string[] wrong = [.. ReferencesOf(assembly).Where(reference => !IsBase(reference) && !Allowed[assembly].Any(allowed => Covers(allowed, reference)))];

        Assert.True(wrong.Length == 0, $"{assembly} must not refer to {string.Join(", ", wrong)}.");
    }

    [Fact]
    public void References_ToOwnedLibraries_AreTheirOwnersAlone() =>
        Assert.All(Owned, owned => Assert.All(
            Allowed.Keys.Except(owned.Owners), assembly => Assert.DoesNotContain(ReferencesOf(assembly), reference => Covers(owned.Library, reference))));

    [Fact]
    public void Table_HoldsEveryProjectOfTheProduct()
    {
        string[] built = [.. Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Select(Path.GetFileNameWithoutExtension).OfType<string>().Where(name => name.StartsWith("inference", StringComparison.OrdinalIgnoreCase))];

        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), built.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void StandIns_KnowNothingOfTheProduct()
    {
        string[] standIns = [.. Directory.GetFiles(AppContext.BaseDirectory, "Grpc.*.dll").Append(Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.OnnxRuntime.dll")).Select(Path.GetFileNameWithoutExtension).OfType<string>()];

        Assert.NotEmpty(standIns);
        Assert.All(standIns, standIn => Assert.DoesNotContain(ReferencesOf(standIn), reference => reference.StartsWith("Inference", StringComparison.Ordinal)));
    }

    private static string[] ReferencesOf(string assembly)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")));
        MetadataReader metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    private static bool IsBase(string reference) =>
        (reference.StartsWith("System.", StringComparison.Ordinal) && reference != "System.CommandLine") || reference is "netstandard" or "mscorlib" or "Microsoft.Win32.Primitives";

    private static bool Covers(string allowed, string reference) => allowed.EndsWith(".*", StringComparison.Ordinal)
        ? reference.StartsWith(allowed[..^1], StringComparison.Ordinal)
        : reference == allowed;
}
