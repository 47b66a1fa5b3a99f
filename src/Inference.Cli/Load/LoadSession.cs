using Grpc.Core;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Recsys.V1;

namespace Inference.Cli.Load;

/// <summary>Connections that several runs go over, one after another, so that only the first one meets a cold generator. The runs share one sequence of requests.</summary>
internal sealed class LoadSession : IAsyncDisposable
{
    private readonly CommandHost _host;
    private readonly RequestMix _mix;
    private readonly List<ServerConnection> _connections = [];
    private readonly List<LoadTarget> _targets = [];

    private LoadSession(CommandHost host, RequestMix mix)
    {
        _host = host;
        _mix = mix;
    }

    /// <summary>Opens the connections and asks one question on each: tells at once when there is no server.</summary>
    /// <param name="open">Makes a connection.</param>
    /// <param name="count">How many.</param>
    /// <param name="headers">What goes with every call; null for nothing.</param>
    /// <param name="deadline">What the server is told that each request may take.</param>
    /// <param name="mix">What is asked.</param>
    public static async Task<LoadSession> OpenAsync(
        CommandHost host, Func<ServerConnection> open, int count, Metadata? headers, TimeSpan deadline, RequestMix mix, CancellationToken cancellationToken)
    {
        var session = new LoadSession(host, mix);
        try
        {
            for (int i = 0; i < count; i++)
                session._connections.Add(open());
            foreach (ServerConnection connection in session._connections)
            {
                var probe = new RecommendRequest { Limit = 1, UserId = mix.FirstUser };
                await connection.CallAsync((client, options) => client.RecommendAsync(probe, headers is null ? options : options.WithHeaders(headers)), TimeSpan.FromSeconds(10), host.Time, cancellationToken);
                session._targets.Add(new LoadTarget(connection.Invoker, headers, deadline));
            }
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }

        return session;
    }

    /// <summary>Runs one load to its end, or until cancelled.</summary>
    public Task<LoadReport> RunAsync(LoadOptions options, string title, CancellationToken cancellationToken)
    {
        var run = new LoadRun(_targets, options, _mix, _host.Time);
        return _host.WithProgressAsync(async begin =>
        {
            IProgress<double> progress = begin(title);
            Task ended = run.RunAsync(cancellationToken);
            while (!ended.IsCompleted)
            {
                progress.Report(run.Done);
                await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(200), _host.Time, CancellationToken.None));
            }

            await ended;
            return new LoadReport(run, options);
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (LoadTarget target in _targets)
            await target.DisposeAsync();
        foreach (ServerConnection connection in _connections)
            connection.Dispose();
    }
}
