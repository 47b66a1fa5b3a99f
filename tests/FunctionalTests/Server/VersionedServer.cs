using Inference.Recommendations.Snapshots;
using Inference.Server.Options;
using Inference.Towers.Bundles;
using Recsys.V1;
using UnitTests.Towers;

namespace FunctionalTests.Server;

/// <summary>A server over a folder of versions, in which tests publish more. All versions have the same towers and items, each its own embedding space, and an item only of its own.</summary>
internal sealed class VersionedServer : IAsyncDisposable
{
    /// <summary>Long enough for any load here on a busy machine; nothing waits for it when all is well.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly RunningServer _server;

    private VersionedServer(RunningServer server, string folder)
    {
        _server = server;
        Folder = folder;
        Models = new ModelService.ModelServiceClient(server.Channel);
    }

    public RunningServer Server => _server;

    public ModelService.ModelServiceClient Models { get; }

    /// <summary>The folder of versions.</summary>
    public string Folder { get; }

    /// <summary>Starts with version 1.</summary>
    /// <param name="version">The policy.</param>
    /// <param name="configure">Changes the options, which look for new versions every few milliseconds and wait for nothing to settle.</param>
    /// <param name="published">Versions that are there from the start.</param>
    public static async Task<VersionedServer> StartAsync(string version = "latest", Action<InferenceOptions>? configure = null, params string[] published)
    {
        string folder = "";
        RunningServer server = await RunningServer.StartAsync(
            options =>
            {
                folder = options.Bundle.Path = Path.GetDirectoryName(options.Bundle.Path)!;
                foreach (string name in published)
                    WriteAsync(folder, name).GetAwaiter().GetResult();
                options.Bundle.Version = version;
                options.Models.PollInterval = TimeSpan.FromMilliseconds(20);
                options.Models.SettleTime = TimeSpan.Zero;
                configure?.Invoke(options);
            },
            content => Of(content, "1"));
        return new VersionedServer(server, folder);
    }

    /// <summary>Publishes a version by one rename.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="spoil">Changes its folder before it is published.</param>
    /// <param name="change">Changes what is written.</param>
    public async Task PublishAsync(string name, Action<string>? spoil = null, Func<BundleContent, BundleContent>? change = null)
    {
        string drafts = Path.Combine(Path.GetDirectoryName(Folder)!, ".drafts");
        await WriteAsync(drafts, name, change);
        spoil?.Invoke(Path.Combine(drafts, name));
        Directory.Move(Path.Combine(drafts, name), Path.Combine(Folder, name));
    }

    /// <summary>Waits until the status is as a test wants it.</summary>
    public async Task<StatusResponse> UntilAsync(Func<StatusResponse, bool> isSo)
    {
        using var late = new CancellationTokenSource(Patience);
        while (true)
        {
            StatusResponse status = await Models.StatusAsync(new StatusRequest(), cancellationToken: late.Token);
            if (isSo(status))
                return status;
        }
    }

    /// <summary>Waits until a version has a state.</summary>
    public async Task<ModelVersion> UntilAsync(string version, VersionState state)
    {
        using var late = new CancellationTokenSource(Patience);
        while (true)
        {
            ListVersionsResponse list = await Models.ListVersionsAsync(new ListVersionsRequest(), cancellationToken: late.Token);
            if (list.Versions.SingleOrDefault(one => one.Version == version) is { } found && found.State == state)
                return found;
        }
    }

    public async Task<RecommendResponse> RecommendAsync(string user, string version = "") =>
        await _server.Recommendations.RecommendAsync(new RecommendRequest { UserId = user, Limit = 50, Options = new RecommendOptions { ModelVersion = version } });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static Task WriteAsync(string folder, string name, Func<BundleContent, BundleContent>? change = null)
    {
        BundleContent content = Of(RunningServer.World.Content() with { Popularity = new Popularity(new float[RunningServer.World.ItemCount]) }, name);
        return BundleWriter.WriteAsync(Path.Combine(folder, name), change?.Invoke(content) ?? content);
    }

    private static BundleContent Of(BundleContent content, string name) => content with
    {
        Version = name,
        EmbeddingSpaceId = $"space-{name}",
        Items = [.. content.Items.Select((item, row) => row == 0 ? item with { Title = $"Of version {name}" } : item)],
    };
}
