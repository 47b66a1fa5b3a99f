using Inference.Protocol.Access;
using Inference.Server.Entry;
using Inference.Server.Security;
using Xunit;

namespace UnitTests.Server.Security;

public sealed class ClientsFileTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void TryRead_OfAWholeFile_FindsClientsByKeyAndCertificate()
    {
        string one = ApiKey.Create(), two = ApiKey.Create();
        ClientSet clients = Read($$"""
            {
              // Rotation: both keys are good for a while.
              "clients": [
                { "name": "web", "roles": ["serve", "events"],
                  "keys": [ { "id": "{{IdOf(one)}}", "sha256": "{{ApiKey.HashText(one)}}", "expires": "2026-06-01T00:00:01Z" }, { "id": "{{IdOf(two)}}", "sha256": "{{ApiKey.HashText(two).ToUpperInvariant()}}" } ],
                  "quota": { "requestsPerSecond": 100.5, "burst": 20, "maxConcurrent": 5 } },
                { "name": "ops", "roles": ["admin"], "certificates": ["subject:CN=ops, O=shop"], },
              ]
            }
            """);

        Caller first = clients.FindByKey(one, Now)!, second = clients.FindByKey(two, Now.AddYears(50))!;
        Assert.Equal(("web", Roles.Serve | Roles.Events, $"key:{IdOf(one)}"), (first.Name, first.Roles, first.Credential));
        Assert.Equal((100.5, 20, 5), (second.Quota!.RequestsPerSecond, second.Quota.Burst, second.Quota.MaxConcurrent));
        Assert.Null(clients.FindByKey(one, Now.AddSeconds(1)));
        Assert.True(clients.TryFindByCertificate("subject:CN=ops, O=shop", out Caller? ops));
        Assert.Equal(Roles.Admin, ops.Roles);
        Assert.False(clients.TryFindByCertificate("subject:CN=ops", out _));
        Assert.Equal(["web", "ops"], clients.Names);
    }

    [Theory]
    [InlineData("""{"clients":[{"name":"a","roles":["\ud800"]}]}""")]
    [InlineData("""{"clients":[{"name":"\ud800","roles":["serve"]}]}""")]
    [InlineData("""{"clients":[{"name":"a","keys":[{"id":"\udc00"}]}]}""")]
    public void TryRead_OfHalfACharacter_SaysSo(string text)
    {
        Assert.Null(ClientsFile.TryRead(text, out IReadOnlyList<string> problems));
        Assert.NotEmpty(problems);
    }

    [Fact]
    public void FindByKey_OfWhatIsNotTheKey_FindsNobody()
    {
        string key = ApiKey.Create();
        ClientSet clients = Read($$"""{ "clients": [ { "name": "web", "roles": ["serve"], "keys": [ { "id": "{{IdOf(key)}}", "sha256": "{{ApiKey.HashText(key)}}" } ] } ] }""");

        Assert.NotNull(clients.FindByKey(key, Now));
        for (int i = 0; i < key.Length; i++)
        {
            string changed = string.Concat(key.AsSpan(0, i), key[i] == 'x' ? "y" : "x", key.AsSpan(i + 1));
            Assert.True(clients.FindByKey(changed, Now) is null, $"Character {i} does not count.");
        }

        Assert.Null(clients.FindByKey("", Now));
        Assert.Null(clients.FindByKey(key.ToUpperInvariant(), Now));
        Assert.Null(clients.FindByKey(ApiKey.HashText(key), Now));
        Assert.Null(clients.FindByKey(new string('\u00e9', ApiKey.Length), Now));
    }

    [Fact]
    public void TryRead_OfAFileWithManyFaults_TellsAllOfThem()
    {
        string key = ApiKey.Create(), id = IdOf(key), hash = ApiKey.HashText(key);
        Assert.Null(ClientsFile.TryRead(
            $$"""
            {
              "users": 1,
              "clients": [
                { "name": "a b", "roles": ["root"], "keys": [ { "id": "short", "sha256": "{{hash[1..]}}", "expires": "soon" } ] },
                { "name": "web", "roles": [], "keys": [ { "id": "{{id}}", "sha256": "{{hash}}" }, { "id": "{{id}}", "sha256": "{{hash}}" } ] },
                { "name": "web", "roles": ["serve"] },
                { "name": "q", "roles": ["serve"], "certificates": ["CN=q"], "quota": { "burst": -1, "rate": 2 } },
                7
              ]
            }
            """, out IReadOnlyList<string> problems));

        Assert.Equal(
            [
                "the file has no field 'users'; there are clients.",
                "clients[0].name must be 1 to 64 letters, digits, '-', '_', '.' and '/'.",
                "clients[0].roles[0] is no role; there are serve, events, catalogue, admin.",
                "clients[0].keys[0].id must be the 12 characters of a key's id.",
                "clients[0].keys[0].sha256 must be 64 hexadecimal digits: the SHA-256 of the key.",
                "clients[0].keys[0].expires must be a time as 2027-01-01T00:00:00Z.",
                "clients[1].roles must name roles: serve, events, catalogue, admin.",
                $"clients[1].keys[1].id '{id}' is there twice.",
                "clients[2].name 'web' is there twice.",
                "clients[2] has neither keys nor certificates, so nobody could be it.",
                "clients[3].quota has no field 'rate'; there are requestsPerSecond, burst, maxConcurrent.",
                "clients[3].quota.burst must be a number from 0, which is no limit, to 10,000,000.",
                "clients[3].certificates[0] must be 'subject:…', 'dns:…' or 'uri:…'.",
                "clients[4] must be an object.",
            ],
            problems);
        Assert.DoesNotContain(problems, problem => problem.Contains(hash[1..], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"clients\":[{\"name\":\"a\",\"name\":\"b\"}]}")]
    [InlineData("{\"clients\":{}}")]
    [InlineData("{\"clients\":[")]
    public void TryRead_OfWhatIsNoFile_SaysSo(string text)
    {
        Assert.Null(ClientsFile.TryRead(text, out IReadOnlyList<string> problems));
        Assert.NotEmpty(problems);
    }

    private static string IdOf(string key) => ApiKey.TryGetId(key, out ReadOnlySpan<char> id) ? id.ToString() : "";

    private static ClientSet Read(string text)
    {
        ClientSet? read = ClientsFile.TryRead(text, out IReadOnlyList<string> problems);
        Assert.Empty(problems);
        return read!;
    }
}
