using System.CommandLine;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Recsys.V1;

namespace Inference.Cli.Verbs;

/// <summary>`recommend`: asks a running server for a slate.</summary>
internal static class RecommendVerb
{
    public static Verb Create(CommandHost host)
    {
        var server = new ServerOptions();
        var pages = new PageOptions();
        var user = new Option<string>("--user") { Description = "Id of the user; nobody in particular when absent", HelpName = "ID", DefaultValueFactory = _ => "" };
        Option<string[]> recent = IdList.Option("--recent", "Items that the user or session touched, latest last");
        Option<string[]> context = ContextOption.Option("A context feature, for example country=DE or hour=14; may be given several times");
        Option<string[]> exclude = IdList.Option("--exclude", "Items that must not be returned");
        Option<string[]> allow = IdList.Option("--allow", "Only these items may be returned");
        Option<string> filter = FilterOption();
        Option<int> limit = LimitOption();
        Option<string> surface = SurfaceOption();
        var explain = new Option<bool>("--explain") { Description = "Say why each item is shown" };
        var includeSeen = new Option<bool>("--include-seen") { Description = "Items of the user's history may be returned" };
        Option<ExplorationPolicy> policy = Policy();
        var newItems = new Option<int?>("--new-items") { Description = "Slots that are kept for new items; absent: as the server is configured", HelpName = "N" };
        var version = new Option<string>("--model-version") { Description = "Version of the model that must answer", HelpName = "VERSION", DefaultValueFactory = _ => "" };
        var requestId = new Option<string>("--request-id") { Description = "Id of the request, to find it again in logs; made by the server when absent", HelpName = "ID", DefaultValueFactory = _ => "" };
        Option<string?> json = JsonFile.Option();

        var command = new Command("recommend", "Ask a running server what to show to a user or session") { user, recent, context, surface, limit, explain, exclude, allow, filter, includeSeen, policy, newItems, version, requestId, json };
        pages.AddTo(command);
        var slate = new SlateOptionsInput();
        slate.AddTo(command);
        server.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new RecommendRequest
            {
                UserId = parsed.GetRequiredValue(user),
                Surface = parsed.GetRequiredValue(surface),
                Limit = parsed.GetValue(limit),
                Filter = parsed.GetRequiredValue(filter),
                RequestId = parsed.GetRequiredValue(requestId),
                PageToken = parsed.GetRequiredValue(pages.Token),
                Options = new RecommendOptions { ExplanationBytes = parsed.GetValue(pages.ExplanationBytes), Explain = parsed.GetValue(explain), IncludeSeen = parsed.GetValue(includeSeen), ModelVersion = parsed.GetRequiredValue(version) },
            };
            if (parsed.GetValue(policy) is not ExplorationPolicy.Unspecified and var wanted)
                (request.Options.Exploration ??= new ExplorationOptions()).Policy = wanted;
            if (parsed.GetValue(newItems) is { } slots)
                (request.Options.Exploration ??= new ExplorationOptions()).NewItemSlots = slots;
            slate.Set(parsed, request.Options);
            request.RecentItemIds.Add(parsed.GetRequiredValue(recent));
            request.ExcludedItemIds.Add(parsed.GetRequiredValue(exclude));
            request.AllowedItemIds.Add(parsed.GetRequiredValue(allow));
            foreach (string pair in parsed.GetRequiredValue(context))
            {
                if (ContextOption.TryParse(pair, out string name, out FeatureValue value))
                    request.Context[name] = value;
            }

            using var connection = new ServerConnection(parsed.GetRequiredValue(server.Address), ServerAccess.Of(parsed));
            string? file = parsed.GetValue(json);
            var responses = new List<RecommendResponse>();
            do
            {
                RecommendResponse response = await connection.CallAsync((client, options) => client.RecommendAsync(request, options), parsed.GetValue(server.Timeout), host.Time, cancellationToken);
                responses.Add(response);
                request.PageToken = response.NextPageToken;
                if (!JsonFile.IsInsteadOfTable(file))
                    SlateView.Table(host, response.Items, response.ServedBy, response.Degraded, response.ModelVersion, response.EmbeddingSpaceId, response.RequestId, request.Options.Explain, response.Report);
            }
            while (responses.Count < parsed.GetValue(pages.Pages) && request.PageToken.Length > 0);
            if (!JsonFile.IsInsteadOfTable(file))
                pages.ShowNext(host, parsed, request.PageToken);
            await JsonFile.WriteAsync(host, file, writer => MessageJson.WritePages(writer, responses), cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(
            command,
            "inference recommend --user u42 --explain",
            "inference recommend --user u42 --policy thompson --new-items 1 --explain",
            "inference recommend --user u42 --filter 'category = \"tea\" and price < 20'",
            "inference recommend --user u42 --diversity 0.2 --cap brand=2 --pin i7@3 --boost 'price < 20=0.5' --explain",
            "inference recommend --surface product --recent i12 --explain",
            "inference recommend --context country=DE --context hour=20 --limit 5",
            "inference recommend --user u42 --limit 20 --pages 3",
            "inference recommend --recent i7,i12 --exclude i9 --json slate.json");
    }

    /// <summary>The policies as the contract names them, in lower case: "epsilon_greedy".</summary>
    private static Option<ExplorationPolicy> Policy()
    {
        ExplorationPolicy[] all = [.. Enum.GetValues<ExplorationPolicy>().Where(policy => policy != ExplorationPolicy.Unspecified)];
        return new Option<ExplorationPolicy>("--policy")
        {
            Description = $"How slots that explore are filled: {string.Join(", ", all.Select(SlateView.NameOf))}; absent: as the server is configured",
            HelpName = "POLICY",
            CustomParser = result =>
            {
                string name = result.Tokens[0].Value;
                ExplorationPolicy found = Array.Find(all, policy => SlateView.NameOf(policy) == name);
                if (found == ExplorationPolicy.Unspecified)
                    result.AddError($"--policy: there is no '{name}'; there are {string.Join(", ", all.Select(SlateView.NameOf))}");
                return found;
            },
        };
    }

    /// <summary>The server reads the filter; what it says about one that is none, with the position, is the contract.</summary>
    public static Option<string> FilterOption() => new("--filter")
    {
        Description = "Only items for which this is true may be returned, for example 'price < 20 and not brand = \"x\"'; docs/filters.md has the grammar", HelpName = "EXPRESSION", DefaultValueFactory = _ => "",
    };

    /// <summary>The server knows the surfaces; what it says about another name is the contract.</summary>
    public static Option<string> SurfaceOption() => new("--surface") { Description = "Where the slate is shown, for example home, product, cart or search; absent: the server's default", HelpName = "NAME", DefaultValueFactory = _ => "" };

    /// <summary>The server checks the limit; what it says about one that is out of range is the contract.</summary>
    public static Option<int> LimitOption() => new("--limit") { Description = "How many items to return; 0 is the server's default", HelpName = "N", DefaultValueFactory = _ => 10 };
}
