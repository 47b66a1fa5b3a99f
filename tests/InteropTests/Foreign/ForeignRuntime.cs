using InteropTests.Cases;
using UnitTests.Testing;
using Xunit;

namespace InteropTests.Foreign;

/// <summary>A foreign gRPC implementation: how its drivers are started, and what it cannot express.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Program">The interpreter.</param>
/// <param name="Client">Script of the client driver.</param>
/// <param name="Server">Script of the server driver.</param>
/// <param name="Product">Script of the driver for this project's own services.</param>
/// <param name="Abilities">What its server can express.</param>
/// <param name="Missing">What keeps it from running on this machine; null where nothing does.</param>
internal sealed record ForeignRuntime(string Name, string Program, string Client, string Server, string Product, ServerAbilities Abilities, string? Missing)
{
    private const string Python = "/usr/bin/python3"; // the distribution's, which is the one that the distribution's grpcio belongs to

    public static ForeignRuntime GrpcIo { get; } = new(
        "grpcio",
        Python,
        Script("python", "client.py"),
        Script("python", "server.py"),
        Script("python", "product.py"),
        new ServerAbilities(BlindToCompressedRequests: "grpcio's servers are not told whether a request was compressed, so they cannot refuse the probe."),
        MissingFrom(
            (File.Exists(Python), Python),
            (HasPythonModule("grpc"), "python3-grpcio"),
            (HasPythonModule("google/protobuf"), "python3-protobuf"),
            (OnPath("protoc"), "protobuf-compiler"),
            (OnPath("grpc_python_plugin"), "protobuf-compiler-grpc")));

    public static ForeignRuntime GrpcJs { get; } = new(
        "grpc-js",
        "node",
        Script("node", "client.js"),
        Script("node", "server.js"),
        Script("node", "product.js"),
        new ServerAbilities(
            BlindToCompressedRequests: "grpc-js's servers are not told whether a request was compressed, so they cannot refuse the probe.",
            LacksCompressedResponses: "grpc-js's servers never compress a response."),
        MissingFrom(
            (OnPath("node"), "nodejs"),
            (Directory.Exists(Script("node", Path.Combine("node_modules", "@grpc", "grpc-js"))), "npm packages of tests/InteropTests/node")));

    public static IReadOnlyList<ForeignRuntime> All { get; } = [GrpcIo, GrpcJs];

    /// <summary>Skips the test where the runtime is missing; fails it instead where CI or INFERENCE_REQUIRE_FOREIGN says that it must be there.</summary>
    public void Require()
    {
        if (Missing is not null)
        {
            Assert.False(IsRequired, Missing);
            Skip.If(true, Missing);
        }
    }

    private static bool IsRequired
        => Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("INFERENCE_REQUIRE_FOREIGN") == "1";

    private static string Script(string folder, string file) => Repository.PathOf(Path.Combine("tests", "InteropTests", folder, file));

    private static string? MissingFrom(params ReadOnlySpan<(bool Present, string Name)> needs)
    {
        var missing = new List<string>();
        foreach (var (present, name) in needs)
        {
            if (!present)
            {
                missing.Add(name);
            }
        }

        return missing.Count == 0 ? null : $"Missing: {string.Join(", ", missing)}. tests/InteropTests/install.sh installs what the interop tests need.";
    }

    private static bool OnPath(string program)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    // A look into the folders of the distribution's Python is a tenth of a second cheaper than asking it.
    private static bool HasPythonModule(string path)
        => ((string[])["/usr/lib/python3/dist-packages", "/usr/local/lib/python3/dist-packages"]).Any(folder => Directory.Exists(Path.Combine(folder, path)));
}
