using System.Text.Json.Nodes;
using Grpc.Core;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Inference.Training.Evaluation;
using Recsys.V1;

namespace Inference.Cli.Evaluation.Replay;

/// <summary>
/// A running server as one more entrant of an evaluation: every user of every scenario is asked of it over gRPC, and the lists that come back are judged (<see cref="RankedLists"/>). Beside the bundle that it serves, this says
/// whether what was measured is what is served.
/// <list type="number">
/// <item>One request tells which model answers; where a bundle is judged, too, it must be that one.</item>
/// <item>All further requests pin it; some are under way at once.</item>
/// <item>Answers that are degraded count like others, and are counted.</item>
/// </list>
/// </summary>
internal sealed class ReplayedServer : EntrantRecipe, IDisposable
{
    /// <summary>Name of the entrant in results.</summary>
    public const string EntrantName = "server";

    /// <summary>Requests under way at once: enough that the network is not waited for, too few to make a server late.</summary>
    private const int AtOnce = 4;

    private readonly ServerConnection _connection;
    private readonly EvaluateOptions _options;
    private readonly TimeProvider _time;

    private ReplayedServer(ServerConnection connection, EvaluateOptions options, TimeProvider time, ReplayTally tally) => (_connection, _options, _time, Tally) = (connection, options, time, tally);

    public override string Name => EntrantName;

    public override string Description => $"the server at {Tally.Address}, asked over gRPC";

    /// <summary>What the answers said of themselves.</summary>
    public ReplayTally Tally { get; }

    /// <summary>Finds the server, before anything else takes minutes.</summary>
    /// <param name="address">The server's gRPC port.</param>
    /// <param name="access">Who the tool is to it.</param>
    /// <param name="options">The part that is judged, the bundle that the server has to serve (null for any), and how long it may take for an answer.</param>
    /// <param name="time">The clock of deadlines.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BundleException">The folder is no bundle.</exception>
    /// <exception cref="CommandFailedException">The server cannot be reached, is late, or has another model.</exception>
    public static async Task<ReplayedServer> ConnectAsync(string address, ServerAccess? access, EvaluateOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        // :: Step 1
        BundleManifest? bundle = options.Bundle is null ? null : BundleLoader.ReadManifest(options.Bundle);
        var connection = new ServerConnection(address, access, "--server");
        try
        {
            return new ReplayedServer(connection, options, time, await GreetAsync(connection, address, bundle, options.Timeout, time, cancellationToken));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <exception cref="CommandFailedException">The server cannot be reached any more, or is late.</exception>
    /// <exception cref="RpcException">The server refused a request.</exception>
    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken) =>
        AskAllAsync(inputs, progress, cancellationToken).GetAwaiter().GetResult();

    public void Dispose() => _connection.Dispose();

    private async Task<Entrant> AskAllAsync(EvaluationInputs inputs, IProgress<double> progress, CancellationToken cancellationToken)
    {
        // :: Step 2
        IReadOnlyList<Scenario> scenarios = Scenarios.All(inputs.Split, _options.Part, inputs.Contexts);
        double all = scenarios.Sum(scenario => scenario.Users.Count);
        var ranked = new RankedLists(Name);
        foreach (Scenario scenario in scenarios)
        {
            var requests = new ScenarioRequests(scenario, inputs, Tally.ModelVersion);
            var lists = new int[scenario.Users.Count][];
            var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
            await Parallel.ForAsync(0, lists.Length, options, async (user, stop) =>
            {
                RecommendResponse answer = await _connection.CallAsync((client, call) => client.RecommendAsync(requests.Of(user), call), _options.Timeout, _time, stop);
                // :: Step 3
                Tally.Add(answer, requests.IsCut(user));
                lists[user] = requests.ItemsOf(user, answer);
                if (user % 64 == 0)
                    progress.Report(Tally.Answers / all);
            });
            ranked.Add(scenario.Name, lists);
        }

        return Entrant.Of(ranked);
    }

    private static async Task<ReplayTally> GreetAsync(
        ServerConnection connection, string address, BundleManifest? bundle, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        string wanted = bundle is null ? "" : $"{bundle.Name}/{bundle.Version}";
        var request = new RecommendRequest { Limit = 1, Options = new RecommendOptions { ModelVersion = wanted } };
        try
        {
            RecommendResponse answer = await connection.CallAsync((client, call) => client.RecommendAsync(request, call), timeout, time, cancellationToken);
            if (bundle?.EmbeddingSpaceId is { } space && space != answer.EmbeddingSpaceId)
                throw new CommandFailedException($"the server at {address} has another model that is called {wanted}: its embedding space is {answer.EmbeddingSpaceId}, that of the bundle {space}.");
            return new ReplayTally { Address = address, ModelVersion = answer.ModelVersion, EmbeddingSpaceId = answer.EmbeddingSpaceId };
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.FailedPrecondition && wanted.Length > 0)
        {
            throw new CommandFailedException($"the server at {address} has another model: {failure.Status.Detail} Start it with --bundle, or load the bundle with 'inference models load {wanted}'.", failure);
        }
    }
}
