using System.Text.Json;
using Inference.Cli;
using Inference.Cli.Frame;
using Inference.Protocol.Access;
using Inference.Server.Entry;
using Inference.Server.Security;
using Xunit;

namespace UnitTests.Cli;

public sealed class KeysVerbTests
{
    [Fact]
    public async Task New_PrintsAKeyWhoseEntryTheServerTakes()
    {
        CliRun run = await CliRun.Of("keys", "new", "--name", "web", "--roles", "serve,events", "--days", "30");

        Assert.Equal(0, run.Code);
        string key = run.Error.Split('\n', StringSplitOptions.TrimEntries).Single(line => line.StartsWith(ApiKey.Prefix, StringComparison.Ordinal));
        Assert.DoesNotContain(key, run.Output, StringComparison.Ordinal);
        ClientSet clients = ClientsFile.TryRead($$"""{ "clients": [ {{run.Output}} ] }""", out IReadOnlyList<string> problems)!;
        Assert.Empty(problems);
        Assert.Equal(Roles.Serve | Roles.Events, clients.FindByKey(key, TimeProvider.System.GetUtcNow())?.Roles);
        Assert.Null(clients.FindByKey(key, TimeProvider.System.GetUtcNow().AddDays(31)));
    }

    [Fact]
    public async Task New_MakesAnotherKeyEachTime() =>
        Assert.NotEqual((await CliRun.Of("keys", "new", "--name", "a", "--roles", "serve")).Error, (await CliRun.Of("keys", "new", "--name", "a", "--roles", "serve")).Error);

    [Fact]
    public async Task New_WithAnUnknownRole_IsWrongUsage()
    {
        CliRun run = await CliRun.Of("keys", "new", "--name", "web", "--roles", "root");

        Assert.Equal(2, run.Code);
        Assert.Contains("serve, events, catalogue, admin", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_TellsWhoseAKeyIs()
    {
        string file = Path.Combine(Path.GetTempPath(), $"clients-{Guid.NewGuid():N}.json"), key = ApiKey.Create(), other = ApiKey.Create(), expired = ApiKey.Create();
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new
        {
            clients = new object[]
            {
                new { name = "web", roles = new[] { "serve" }, keys = new object[] { new { id = key.Substring(4, 12), sha256 = ApiKey.HashText(key) }, new { id = expired.Substring(4, 12), sha256 = ApiKey.HashText(expired), expires = "2020-01-01T00:00:00Z" } } },
            },
        }));
        try
        {
            Assert.Equal((0, $"web: roles serve, key {key.Substring(4, 12)}, never expires\n"), await CheckAsync(key));
            Assert.Contains("no client", (await CheckAsync(other)).Text, StringComparison.Ordinal);
            Assert.Contains("another", (await CheckAsync(string.Concat(key.AsSpan(0, 17), other.AsSpan(17)))).Text, StringComparison.Ordinal);
            Assert.Contains("has expired", (await CheckAsync(expired)).Text, StringComparison.Ordinal);
            Assert.Contains("this is no key", (await CheckAsync("x")).Text, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }

        async Task<(int Code, string Text)> CheckAsync(string text)
        {
            using var output = new StringWriter();
            using var input = new StringReader(text + "\n");
            int code = await InferenceCommand.RunAsync(["keys", "check", "--file", file], new CommandHost(output, output, isTerminal: false, TimeProvider.System, input));
            return (code, output.ToString());
        }
    }
}
