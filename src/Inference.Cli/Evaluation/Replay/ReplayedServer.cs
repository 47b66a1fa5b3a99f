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
internal sealed class ReplayedServer : EntrantRecipe
{
    /// <summary>Name of the entrant in results.</summary>
    public const string EntrantName = "server";

    /// <summary>Requests under way at once: enough that the network is not waited for, too few to make a server late.</summary>
    private const int AtOnce = 4;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly string _address;
    private readonly EvaluationPart _part;
    private readonly BundleManifest? _bundle;
    private readonly TimeProvider _time;

    /// <param name="address">The server's gRPC port.</param>
    /// <param name="part">The part that is judged.</param>
    /// <param name="bundle">Folder of the bundle that the server has to serve; null for any.</param>
    /// <param name="time">The clock of deadlines.</param>
    /// <exception cref="BundleException">The folder is no bundle.</exception>
    public ReplayedServer(string address, EvaluationPart part, string? bundle, TimeProvider time) =>
        (_address, _part, _bundle, _time) = (address, part, bundle is null ? null : BundleLoader.ReadManifest(bundle), time);

    public override string Name => EntrantName;

    public override string Description => $"the server at {_address}, asked over gRPC";

    /// <summary>What the answers said of themselves; null before they came.</summary>
    public ReplayTally? Tally { get; private set; }

    /// <exception cref="CommandFailedException">The server cannot be reached, is late, or has another model.</exception>
    /// <exception cref="RpcException">The server refused a request.</exception>
    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken) =>
        AskAllAsync(inputs, progress, cancellationToken).GetAwaiter().GetResult();

    private async Task<Entrant> AskAllAsync(EvaluationInputs inputs, IProgress<double> progress, CancellationToken cancellationToken)
    {
        using var connection = new ServerConnection(_address, "--server");
        // :: Step 1
        ReplayTally tally = await GreetAsync(connection, cancellationToken);
        // :: Step 2
        IReadOnlyList<Scenario> scenarios = Scenarios.All(inputs.Split, _part, inputs.Contexts);
        double all = scenarios.Sum(scenario => scenario.Users.Count);
        var ranked = new RankedLists(Name);
        foreach (Scenario scenario in scenarios)
        {
            var requests = new ScenarioRequests(scenario, inputs, tally.ModelVersion);
            var lists = new int[scenario.Users.Count][];
            var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
            await Parallel.ForAsync(0, lists.Length, options, async (user, stop) =>
            {
                RecommendResponse answer = await connection.CallAsync((client, call) => client.RecommendAsync(requests.Of(user), call), Timeout, _time, stop);
                // :: Step 3
                tally.Add(answer, requests.IsCut(user));
                lists[user] = requests.ItemsOf(user, answer);
                if (user % 64 == 0)
                    progress.Report(tally.Answers / all);
            });
            ranked.Add(scenario.Name, lists);
        }

        Tally = tally;
        return Entrant.Of(ranked);
    }

    private async Task<ReplayTally> GreetAsync(ServerConnection connection, CancellationToken cancellationToken)
    {
        string wanted = _bundle is null ? "" : $"{_bundle.Name}/{_bundle.Version}";
        var request = new RecommendRequest { Limit = 1, Options = new RecommendOptions { ModelVersion = wanted } };
        try
        {
            RecommendResponse answer = await connection.CallAsync((client, call) => client.RecommendAsync(request, call), Timeout, _time, cancellationToken);
            if (_bundle?.EmbeddingSpaceId is { } space && space != answer.EmbeddingSpaceId)
                throw new CommandFailedException($"the server at {_address} has another model that is called {wanted}: its embedding space is {answer.EmbeddingSpaceId}, that of the bundle {space}.");
            return new ReplayTally { Address = _address, ModelVersion = answer.ModelVersion, EmbeddingSpaceId = answer.EmbeddingSpaceId };
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.FailedPrecondition && wanted.Length > 0)
        {
            throw new CommandFailedException($"the server at {_address} has another model: {failure.Status.Detail} Start it with --bundle, or load the bundle with 'inference models load {wanted}'.", failure);
        }
    }
}
