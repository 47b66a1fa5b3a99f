using System.CommandLine;
using System.Globalization;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Recsys.V1;
using Spectre.Console;

namespace Inference.Cli.Verbs;

/// <summary>`state`: what a running server keeps, in sum or of one user.</summary>
internal static class StateVerb
{
    public static Verb Create(CommandHost host)
    {
        var server = new ServerOptions();
        var user = new Option<string?>("--user") { Description = "Show what is kept of this user instead", HelpName = "ID" };
        Option<string?> json = JsonFile.Option();
        var command = new Command("state", "Show what a running server keeps: sizes, hit rates, the shared store; or everything of one user") { user, json };
        server.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var connection = new ServerConnection(parsed.GetRequiredValue(server.Address), ServerAccess.Of(parsed));
            TimeSpan timeout = parsed.GetValue(server.Timeout);
            string? file = parsed.GetValue(json);
            if (parsed.GetValue(user) is { } id)
            {
                var request = new GetUserRequest { UserId = id };
                GetUserResponse known = await connection.CallAsync(options => connection.State.GetUserAsync(request, options), timeout, host.Time, cancellationToken);
                if (!JsonFile.IsInsteadOfTable(file))
                    Show(host, id, known);
                await JsonFile.WriteAsync(host, file, writer => MessageJson.Write(writer, known), cancellationToken);
                return ExitCode.Ok;
            }

            GetStateResponse state = await connection.CallAsync(options => connection.State.GetStateAsync(new GetStateRequest(), options), timeout, host.Time, cancellationToken);
            if (!JsonFile.IsInsteadOfTable(file))
                Show(host, state);
            await JsonFile.WriteAsync(host, file, writer => MessageJson.Write(writer, state), cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(command, "inference state", "inference state --user u42");
    }

    private static void Show(CommandHost host, GetStateResponse state)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("cache");
        foreach (string name in (string[])["entries", "MB", "of MB", "hits", "store hits", "misses", "hit rate", "evictions"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (CacheState cache in state.Caches)
        {
            long lookups = cache.Hits + cache.StoreHits + cache.Misses;
            table.AddRow(
                cache.Name,
                Number(cache.Entries),
                Megabytes(cache.Bytes),
                Megabytes(cache.MaxBytes),
                Number(cache.Hits),
                Number(cache.StoreHits),
                Number(cache.Misses),
                lookups == 0 ? "–" : ((double)(cache.Hits + cache.StoreHits) / lookups).ToString("P1", CultureInfo.InvariantCulture),
                Number(cache.Evictions));
        }

        host.Console.Write(table);
        string address = state.Store.Address.Length > 0 ? $" ({state.Store.Address})" : "";
        host.Output.WriteLine($"shared store: {state.Store.Status}{address} · events waiting {Number(state.Store.WaitingEvents)}, dropped {Number(state.Store.DroppedEvents)}");
        if (state.Store.Failures.Any(failure => failure.Value > 0))
            host.Output.WriteLine($"failed commands: {string.Join(", ", state.Store.Failures.Where(failure => failure.Value > 0).OrderBy(failure => failure.Key, StringComparer.Ordinal).Select(failure => $"{failure.Key} {Number(failure.Value)}"))}");
        if (state.NewItems is { Count: > 0 } news)
            host.Output.WriteLine($"new items: {Number(news.Count)}, of which {Number(news.Lacking)} lack exposure and {Number(news.Unshown)} were shown to nobody · {news.Shown.ToString("N0", CultureInfo.InvariantCulture)} impressions, {news.Clicked.ToString("N0", CultureInfo.InvariantCulture)} clicks · click rate of all items {news.UsualClickRate.ToString("P1", CultureInfo.InvariantCulture)}");
        host.Output.WriteLine($"users of the bundle: {Number(state.BundleUsers)} · items changed since the bundle: {Number(state.ChangedItems)}");
    }

    private static void Show(CommandHost host, string id, GetUserResponse user)
    {
        host.Output.WriteLine($"user {id}, kept as {user.UserKey}{(user.Forgotten ? ": forgotten, events are refused" : "")}");
        if (user.Features.Count > 0)
            host.Output.WriteLine($"features: {string.Join(", ", user.Features.OrderBy(feature => feature.Key, StringComparer.Ordinal).Select(feature => $"{feature.Key}={feature.Value}"))}");
        host.Output.WriteLine(user.HistoryItemIds.Count == 0 ? "history: empty" : $"history, latest last: {string.Join(", ", user.HistoryItemIds)}");
        if (user.Interactions.Count > 0)
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumn("time (UTC)").AddColumn("what").AddColumn("item").AddColumn(new TableColumn("value").RightAligned());
            foreach (RecordedInteraction one in user.Interactions)
            {
                table.AddRow(
                    new Text(one.Time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)),
                    new Text(one.Type.ToString().ToLowerInvariant()),
                    new Text(one.ItemId),
                    new Text(one.Value == 0 ? "" : one.Value.ToString(CultureInfo.InvariantCulture)));
            }

            host.Console.Write(table);
        }

        host.Output.WriteLine(user.EmbeddingSpaceIds.Count == 0 ? "no embedding is cached" : $"embedding cached in: {string.Join(", ", user.EmbeddingSpaceIds)}");
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("N1", CultureInfo.InvariantCulture);
}
