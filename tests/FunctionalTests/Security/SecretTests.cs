using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using FunctionalTests.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Inference.Protocol.Access;
using Inference.Server;
using Inference.Server.Options;
using Microsoft.Extensions.Logging;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Security;

/// <summary>A server full of secrets under all kinds of errors says none of them: neither in logs of any level, nor on its first screen, in help, probes, metrics, replies or complaints about its options.</summary>
public sealed class SecretTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("secrets-").FullName;
    private readonly string _known = ApiKey.Create(), _unknown = ApiKey.Create();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Server_UnderErrors_SaysNoSecret()
    {
        await using KeySetServer provider = await KeySetServer.StartAsync();
        using var authority = new TestAuthority();
        (string certificate, string key) = authority.IssueServer();
        string crt = Write("tls.crt", certificate), pem = Write("tls.key", key), clients = Write("clients.json", ClientsText.Of(ClientsText.Client("web", _known, null, "serve", "admin", "events")));
        var log = new Captured();
        var options = new InferenceOptions();
        options.Bundle.Path = await RunningServer.WriteBundleAsync();
        options.Loading.CacheFolder = "";
        options.Server.GrpcAddress = options.Server.HttpAddress = "127.0.0.1:0";
        // Nothing listens there, so that everything that can complain does.
        options.Redis.Configuration = "127.0.0.1:1,password=redis-pass-4711,abortConnect=false";
        options.State.UserKeySecret = "user-key-4711";
        options.State.FormerUserKeySecret = "former-key-4711";
        options.Telemetry.OtlpEndpoint = "http://127.0.0.1:1";
        options.Telemetry.OtlpHeaders = "authorization=otlp-header-4711";
        options.Telemetry.TraceSampling = 1;
        options.Security.ClientsFile = clients;
        (options.Tls.Certificate, options.Tls.Key) = (crt, pem);
        (options.Jwt.Keys, options.Jwt.Issuer, options.Jwt.Audience) = (provider.Url, KeySetServer.Issuer, KeySetServer.Audience);
        string token = provider.Sign(), forged = provider.Sign(audience: "others"), userId = "user-4711";
        var said = new StringBuilder();
        await using (ServerHost host = ServerHost.Build(options, logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log)))
        {
            await host.StartAsync();
            await host.ReadyAsync();
            using GrpcChannel channel = authority.ChannelTo(host.GrpcAddress);
            using HttpClient http = authority.ClientOf(host.HttpAddress);
            var serve = new RecommendationService.RecommendationServiceClient(channel);
            var state = new StateService.StateServiceClient(channel);
            var events = new EventService.EventServiceClient(channel);
            foreach (string credential in new[] { _known, _unknown, token, forged, forged[..^3] })
            {
                said.AppendLine(await SayAsync(async () => (await serve.RecommendAsync(new RecommendRequest { UserId = userId, Limit = -1 }, With(credential))).ToString()));
                said.AppendLine(await SayAsync(async () => (await serve.RecommendAsync(new RecommendRequest { UserId = userId }, With(credential))).Items.Count.ToString(CultureInfo.InvariantCulture)));
                said.AppendLine(await SayAsync(async () => (await state.GetStateAsync(new GetStateRequest(), With(credential))).ToString()));
                said.AppendLine(await SayAsync(async () => (await events.ForgetUserAsync(new ForgetUserRequest { UserId = userId }, With(credential))).ToString()));
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/recommend") { Content = new StringContent("{]", Encoding.UTF8, "application/json") };
                request.Headers.TryAddWithoutValidation("authorization", $"Bearer {credential}");
                using HttpResponseMessage response = await http.SendAsync(request);
                said.AppendLine(await response.Content.ReadAsStringAsync());
            }

            said.AppendLine(await http.GetStringAsync("/readyz")).AppendLine(await http.GetStringAsync("/metrics"));
            await host.StopAsync();
        }

        string everything = $"{said}\n{log}";
        Assert.True(log.Lines > 20, "There is no log to look at.");
        string[] secrets =
        [
            "redis-pass-4711", "user-key-4711", "former-key-4711", "otlp-header-4711", _known, _unknown, ApiKey.HashText(_known), token, forged, token.Split('.')[2], forged.Split('.')[2],
            key.Split('\n')[1], userId,
        ];
        Assert.All(secrets, secret => Assert.False(everything.Contains(secret, StringComparison.OrdinalIgnoreCase), $"'{secret}' is said: {Around(everything, secret)}"));
    }

    [Fact]
    public async Task Options_ThatAreRefused_AreNotRepeatedWhereTheyAreSecret()
    {
        var environment = new Hashtable
        {
            ["Inference__State__UserKeySecret"] = "key-4711", ["Inference__State__FormerUserKeySecret"] = "key-4711", ["Inference__Redis__Configuration"] = "127.0.0.1:1,password=pass-4711,nonsense=1",
            ["Inference__Telemetry__OtlpHeaders"] = "header-4711", ["Inference__Telemetry__OtlpEndpoint"] = "nowhere",
        };
        using var output = new StringWriter();

        Assert.Equal(2, await ServerProgram.RunAsync(["--Inference:Server:GrpcAddress=x"], environment, output, output));
        Assert.Equal(0, await ServerProgram.RunAsync(["--help"], environment, output, output));

        string text = output.ToString();
        Assert.Contains("FormerUserKeySecret", text, StringComparison.Ordinal);
        Assert.Contains("Inference:Redis:Configuration", text, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstScreen_OfAServerWithSecrets_SaysNone()
    {
        string bundle = await RunningServer.WriteBundleAsync(), clients = Write("clients.json", ClientsText.Of(ClientsText.Client("web", _known, null, "serve")));
        using var output = new Signalling("Try:");
        using var stop = new CancellationTokenSource();
        Task<int> run = ServerProgram.RunAsync(
            ["--bundle", bundle, "--grpc=127.0.0.1:0", "--http=127.0.0.1:0", "--Logging:LogLevel:Default=None", "--Inference:Loading:CacheFolder=", $"--Inference:Security:ClientsFile={clients}"],
            new Hashtable { ["Inference__Redis__Configuration"] = "127.0.0.1:1,password=pass-4711", ["Inference__State__UserKeySecret"] = "key-4711" }, output, output, stop.Token);
        await output.Seen.WaitAsync(TimeSpan.FromMinutes(1));
        await stop.CancelAsync();
        Assert.Equal(0, await run);

        string text = output.ToString();
        Assert.Contains("access   API keys; without credentials: none", text, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", text, StringComparison.Ordinal);
        Assert.DoesNotContain(ApiKey.HashText(_known), text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Answers_OverHttp_SayThatTheyAreNoPagesAndNotToBeKept()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        foreach (string path in new[] { "/readyz", "/v1/recommend", "/openapi.json", "/nowhere" })
        {
            using HttpResponseMessage response = await server.Http.GetAsync(path);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.True(response.Headers.CacheControl?.NoStore);
            Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }
    }

    private static Metadata With(string credential) => new() { { "authorization", $"Bearer {credential}" } };

    private static async Task<string> SayAsync(Func<Task<string>> call)
    {
        try
        {
            return await call();
        }
        catch (RpcException e)
        {
            return $"{e.Status} {string.Join(' ', e.Trailers.Select(trailer => trailer.IsBinary ? Encoding.UTF8.GetString(trailer.ValueBytes) : trailer.Value))}";
        }
    }

    private static string Around(string text, string found)
    {
        int at = text.IndexOf(found, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? "" : text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 200)];
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Keeps every line of every category, with its values and exceptions.</summary>
    private sealed class Captured : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public int Lines => _lines.Count;

        public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines);

        public override string ToString() => string.Join('\n', _lines);

        public void Dispose()
        {
        }

        private sealed class Logger(string category, ConcurrentQueue<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                string values = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs.Select(pair => $"{pair.Key}={pair.Value}")) : "";
                lines.Enqueue($"{category} {formatter(state, exception)} {values} {exception}");
            }
        }
    }

    /// <summary>A writer that tells when a text has been written.</summary>
    private sealed class Signalling(string awaited) : StringWriter
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => _seen.Task;

        public override async Task WriteAsync(string? value)
        {
            await base.WriteAsync(value);
            if (value?.Contains(awaited, StringComparison.Ordinal) == true)
                _seen.TrySetResult();
        }
    }
}
