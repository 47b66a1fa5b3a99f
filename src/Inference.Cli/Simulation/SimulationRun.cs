using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Training.Chance;
using Inference.Training.Demo;
using Recsys.V1;

namespace Inference.Cli.Simulation;

/// <summary>
/// Plays sessions of a demo world's unseen users against a running server.
/// <list type="number">
/// <item>The server has to serve the world: some items are looked up. New items are put into its catalogue.</item>
/// <item>For each session, policy after policy, each with a user id of its own: a page is asked for, looked at, and what was clicked and skipped is recorded before the next page.</item>
/// <item>The users are forgotten, and the new items deleted.</item>
/// </list>
/// Every policy meets the same users and the same chance (<see cref="SimulatedUser"/>), and session by session another one begins, so what the server learns from all of them helps or hurts all alike.
/// </summary>
/// <param name="connection">The server.</param>
/// <param name="truth">The world.</param>
/// <param name="policies">What is played; the oracle comes by itself.</param>
/// <param name="options">How.</param>
/// <param name="time">The clock.</param>
internal sealed class SimulationRun(ServerConnection connection, DemoTruth truth, IReadOnlyList<SimulatedPolicy> policies, SimulationOptions options, TimeProvider time)
{
    /// <summary>Most excluded items of a request, as the contract has it.</summary>
    private const int MostExcluded = 10_000;

    private const int ItemsPerCall = 1_024;

    /// <summary>Sets the users of this run apart from those of others, who were forgotten and stay so.</summary>
    private readonly string _run = string.Create(CultureInfo.InvariantCulture, $"simulated-{time.GetUtcNow().ToUnixTimeMilliseconds():x}");

    private readonly PolicyTally[] _tallies = [.. policies.Select(policy => new PolicyTally(policy.Name, options.Sessions, options.Pages))];
    private readonly PolicyTally _oracle = new(SimulatedPolicy.Oracle, options.Sessions, options.Pages);
    private readonly HashSet<string> _newItems = [.. truth.NewItems.Take(options.NewItems).Select(item => item.Id)];

    private string _model = "";

    /// <exception cref="CommandFailedException">The server cannot be reached or serves another world, or does not let requests choose the policy.</exception>
    /// <exception cref="RpcException">The server refused a request.</exception>
    public async Task<SimulationReport> PlayAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        // :: Step 1
        await CheckWorldAsync(cancellationToken);
        try
        {
            await InsertAsync(cancellationToken);

            // :: Step 2
            int[] users = [.. Enumerable.Range(0, truth.UserCount)];
            var random = new SeededRandom(options.Seed, ulong.MaxValue);
            random.Shuffle<int>(users);
            for (int session = 0; session < options.Sessions; session++)
            {
                int number = users[session % users.Length];
                var user = new SimulatedUser(truth, number, session, options);
                PlayOracle(user, session);
                for (int i = 0; i < policies.Count; i++)
                {
                    int policy = (session + i) % policies.Count;
                    await PlayAsync(policies[policy], _tallies[policy], user, number, session, cancellationToken);
                }

                progress.Report((session + 1.0) / options.Sessions);
            }
        }
        finally
        {
            // :: Step 3, also where it was stopped; users are forgotten as soon as their session ends.
            if (!options.Keeps && _newItems.Count > 0)
                await DeleteAsync();
        }

        return new SimulationReport(_model, _run, truth, options, [.. _tallies, _oracle], _newItems.Count);
    }

    private async Task CheckWorldAsync(CancellationToken cancellationToken)
    {
        RecommendResponse answer = await connection.CallAsync((client, call) => client.RecommendAsync(new RecommendRequest { Limit = 1 }, call), options.Timeout, time, cancellationToken);
        _model = answer.ModelVersion;
        foreach (int row in (int[])[0, truth.CatalogueCount / 2, truth.CatalogueCount - 1])
        {
            Item item;
            try
            {
                item = (await connection.CallAsync(call => connection.Catalog.GetItemAsync(new GetItemRequest { ItemId = truth.IdOf(row) }, call), options.Timeout, time, cancellationToken)).Item;
            }
            catch (RpcException failure) when (failure.StatusCode == StatusCode.NotFound)
            {
                throw new CommandFailedException($"the server serves {_model}, which is of another world: it has no item '{truth.IdOf(row)}'. Serve the bundle that was made with the data, or name the data of the bundle.", failure);
            }

            string title = item.Title.Length > 0 ? item.Title : item.Features.TryGetValue("title", out FeatureValue? feature) ? feature.StringValue : "";
            if (title != truth.Titles[row])
                throw new CommandFailedException($"the server serves {_model}, which is of another world: its item '{truth.IdOf(row)}' is '{title}', here it is '{truth.Titles[row]}'. Serve the bundle that was made with the data, or name the data of the bundle.");
        }
    }

    private async Task InsertAsync(CancellationToken cancellationToken)
    {
        foreach (DemoNewItem[] some in truth.NewItems.Take(options.NewItems).Chunk(ItemsPerCall))
        {
            var request = new UpsertItemsRequest();
            foreach (DemoNewItem one in some)
            {
                var item = new Item { ItemId = one.Id, Title = one.Title };
                foreach ((string name, Inference.Recommendations.Features.FeatureValue value) in one.Features)
                    item.Features.Add(name, WireFeature.Of(value));
                request.Items.Add(item);
            }

            await connection.CallAsync(call => connection.Catalog.UpsertItemsAsync(request, call), options.Timeout, time, cancellationToken);
        }
    }

    private async Task DeleteAsync()
    {
        foreach (string[] some in _newItems.Chunk(ItemsPerCall))
            await connection.CallAsync(call => connection.Catalog.DeleteItemsAsync(new DeleteItemsRequest { ItemIds = { some } }, call), options.Timeout, time, CancellationToken.None);
    }

    private async Task PlayAsync(SimulatedPolicy policy, PolicyTally tally, SimulatedUser user, int number, int session, CancellationToken cancellationToken)
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"{_run}-{policy.Name}-{session}");
        var seen = new List<string>();
        // Events of a page lie behind those of the page before, however fast pages follow each other.
        DateTimeOffset begun = time.GetUtcNow().AddSeconds(-options.Pages);
        try
        {
            for (int page = 0; page < options.Pages; page++)
            {
                RecommendRequest request = RequestOf(policy, id, number, session, page, seen);
                RecommendResponse answer = await connection.CallAsync((client, call) => client.RecommendAsync(request, call), options.Timeout, time, cancellationToken);
                if (answer.Policy != policy.Exploration)
                    throw new CommandFailedException($"the server answered with the policy {answer.Policy} where {policy.Exploration} was asked for: let requests choose it (Inference:Exploration:AllowRequests=true) and keep slots for it (Inference:Exploration:Share).");
                tally.Answered(answer);
                RecordEventsRequest events = Look(answer, tally, user, id, session, page, begun.AddSeconds(page), seen);
                if (events.Events.Count > 0)
                    await connection.CallAsync(call => connection.Events.RecordEventsAsync(events, call), options.Timeout, time, cancellationToken);
            }
        }
        finally
        {
            if (!options.Keeps)
                await connection.CallAsync(call => connection.Events.ForgetUserAsync(new ForgetUserRequest { UserId = id }, call), options.Timeout, time, CancellationToken.None);
        }
    }

    private RecommendRequest RequestOf(SimulatedPolicy policy, string id, int number, int session, int page, List<string> seen)
    {
        var request = new RecommendRequest
        {
            UserId = id,
            Limit = options.PageLength,
            // The server draws by the id of the request, so the same seed draws the same.
            RequestId = string.Create(CultureInfo.InvariantCulture, $"simulation-{options.Seed}-{policy.Name}-{session}-{page}"),
            Options = new RecommendOptions
            {
                ModelVersion = _model,
                Exploration = new ExplorationOptions { Policy = policy.Exploration, NewItemSlots = _newItems.Count > 0 && policy.Retrievers.Length == 0 ? 1 : 0 },
                Retrievers = { policy.Retrievers },
            },
        };
        foreach ((string name, Inference.Recommendations.Features.FeatureValue value) in truth.Contexts[number])
            request.Context.Add(name, WireFeature.Of(value));
        request.ExcludedItemIds.Add(seen.Skip(Math.Max(0, seen.Count - MostExcluded)));
        return request;
    }

    private RecordEventsRequest Look(RecommendResponse answer, PolicyTally tally, SimulatedUser user, string id, int session, int page, DateTimeOffset when, List<string> seen)
    {
        var events = new RecordEventsRequest();
        foreach (RecommendedItem item in answer.Items)
        {
            if (!truth.RowOf.TryGetValue(item.ItemId, out int row))
                throw new CommandFailedException($"the server recommends '{item.ItemId}', which the world does not know: delete it, or serve the bundle that was made with the data.");
            bool isLookedAt = user.Looks(page, item.Rank), isClicked = isLookedAt && user.Clicks(row);
            tally.Shown(session, page, user.LookProbability(item.Rank) * user.ClickProbability(row), isClicked);
            // What nobody looked at is no impression: it is neither clicked nor skipped, and may come again.
            if (!isLookedAt)
                continue;
            if (_newItems.Contains(item.ItemId))
                tally.NewItem(item.ItemId, isClicked);
            seen.Add(item.ItemId);
            events.Events.Add(new Event
            {
                UserId = id,
                ItemId = item.ItemId,
                Type = isClicked ? EventType.Click : EventType.Skip,
                Time = Timestamp.FromDateTimeOffset(when.AddMilliseconds(item.Rank)),
                RequestId = answer.RequestId,
                Slot = item.Rank,
            });
        }

        return events;
    }

    /// <summary>The pages of whoever knows with which probability each item is clicked.</summary>
    private void PlayOracle(SimulatedUser user, int session)
    {
        var left = new List<int>(Enumerable.Range(0, truth.CatalogueCount + _newItems.Count));
        left.Sort((a, b) => user.ClickProbability(a) != user.ClickProbability(b) ? user.ClickProbability(b).CompareTo(user.ClickProbability(a)) : a.CompareTo(b));
        for (int page = 0; page < options.Pages; page++)
        {
            int[] shown = [.. left.Take(options.PageLength)];
            var looked = new HashSet<int>();
            for (int slot = 1; slot <= shown.Length; slot++)
            {
                int row = shown[slot - 1];
                bool isLookedAt = user.Looks(page, slot);
                _oracle.Shown(session, page, user.LookProbability(slot) * user.ClickProbability(row), isLookedAt && user.Clicks(row));
                if (isLookedAt)
                    looked.Add(row);
            }

            left.RemoveAll(looked.Contains);
        }
    }
}
