using System.CommandLine;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Recsys.V1;

namespace Inference.Cli.Verbs;

/// <summary>`similar`: asks a running server which items are near to some.</summary>
internal static class SimilarVerb
{
    public static Verb Create(CommandHost host)
    {
        var server = new ServerOptions();
        var pages = new PageOptions();
        Option<string[]> items = IdList.Option("--item", "The items in question; the mean of their embeddings is searched for", required: true);
        Option<string[]> exclude = IdList.Option("--exclude", "Items that must not be returned");
        Option<string[]> allow = IdList.Option("--allow", "Only these items may be returned");
        Option<string> filter = RecommendVerb.FilterOption();
        Option<int> limit = RecommendVerb.LimitOption();
        var explain = new Option<bool>("--explain") { Description = "Say why each item is shown" };
        Option<string?> json = JsonFile.Option();

        var command = new Command("similar", "Ask a running server which items are nearest to some") { items, limit, explain, exclude, allow, filter, json };
        var slate = new SlateOptionsInput();
        slate.AddTo(command);
        pages.AddTo(command);
        server.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new SimilarItemsRequest { Limit = parsed.GetValue(limit), Filter = parsed.GetRequiredValue(filter), PageToken = parsed.GetRequiredValue(pages.Token), Options = new RecommendOptions { Explain = parsed.GetValue(explain), ExplanationBytes = parsed.GetValue(pages.ExplanationBytes) } };
            slate.Set(parsed, request.Options);
            request.ItemIds.Add(parsed.GetRequiredValue(items));
            request.ExcludedItemIds.Add(parsed.GetRequiredValue(exclude));
            request.AllowedItemIds.Add(parsed.GetRequiredValue(allow));
            using var connection = new ServerConnection(parsed.GetRequiredValue(server.Address), ServerAccess.Of(parsed));
            string? file = parsed.GetValue(json);
            var responses = new List<SimilarItemsResponse>();
            do
            {
                SimilarItemsResponse response = await connection.CallAsync((client, options) => client.SimilarItemsAsync(request, options), parsed.GetValue(server.Timeout), host.Time, cancellationToken);
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
        return new Verb(command, "inference similar --item i7 --limit 5", "inference similar --item i7,i12 --explain", "inference similar --item i7 --filter 'price < 20'", "inference similar --item i7 --diversity 0.3 --cap brand=2");
    }
}
