using System.Text.Json.Nodes;
using UnitTests.Testing;
using Xunit;

namespace DeployTests.Files;

/// <summary>Replicas behind what balances gRPC: both are used, and one that drains loses no call.</summary>
public class BalancingTests
{
    [SkippableTheory]
    [InlineData("round_robin")]
    [InlineData("nginx")]
    public async Task Replicas_OfWhichOneStopsUnderLoad_LoseNoCall(string way)
    {
        Requirement.Check(await MissingAsync(way));

        (int code, string output, string error) = await Programs.RunAsync(
            Repository.PathOf("load-tests/replicas-lb.sh"), [way], Repository.Root, new Dictionary<string, string?> { ["RESULTS"] = "", ["SECONDS_EACH"] = "6", ["RATE"] = "100" });

        Assert.True(code == 0, output + error);
        JsonNode result = JsonNode.Parse(output)!;
        Assert.Equal(0, (int)result["lost"]!);
        Assert.Equal((int)result["calls"]!, (int)result["ended"]!["OK"]!);
    }

    private static async Task<string?> MissingAsync(string way)
    {
        foreach (string program in (string[])["curl", "taskset", "python3", .. way == "nginx" ? (string[])["nginx"] : []])
        {
            if (!Requirement.HasProgram(program))
                return $"{program} is missing ('./dev test' installs nginx-light where it may).";
        }

        if (!File.Exists("/usr/bin/python3") || (await Programs.RunAsync("/usr/bin/python3", ["-c", "import grpc"])).Code != 0)
            return "gRPC for Python is missing: apt-get install python3-grpcio.";
        return File.Exists(Repository.PathOf("artifacts/bin/Inference.Cli/release/inference.dll")) ? null : "The tool is not built: dotnet build src/Inference.Cli -c Release.";
    }
}
