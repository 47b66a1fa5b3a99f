using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Recsys.V1;

namespace Inference.Cli.Verbs;

/// <summary>`record`: tells a running server what a user did.</summary>
internal static class RecordVerb
{
    private static readonly (EventType Type, string Description)[] Kinds =
    [
        (EventType.View, "Items whose page was seen"),
        (EventType.Click, "Items that were clicked"),
        (EventType.Cart, "Items that were put into the cart"),
        (EventType.Purchase, "Items that were bought"),
        (EventType.Like, "Items that were liked"),
        (EventType.Skip, "Items that were shown and passed over"),
    ];

    public static Verb Create(CommandHost host)
    {
        var server = new ServerOptions();
        var user = new Option<string>("--user") { Description = "Id of the user; an anonymous session when absent", HelpName = "ID", DefaultValueFactory = _ => "" };
        var requestId = new Option<string>("--request-id") { Description = "Id of the Recommend request that showed the items", HelpName = "ID", DefaultValueFactory = _ => "" };
        (EventType Type, Option<string[]> Items)[] kinds =
            [.. Kinds.Select(kind => (kind.Type, IdList.Option("--" + kind.Type.ToString().ToLowerInvariant(), kind.Description)))];
        Option<string?> json = JsonFile.Option();

        var command = new Command("record", "Tell a running server what a user did; the next slate of the user takes it into account") { user, requestId, json };
        foreach ((_, Option<string[]> items) in kinds)
            command.Add(items);
        server.AddTo(command);
        command.Validators.Add(result =>
        {
            if (kinds.All(kind => result.GetValue(kind.Items) is null or { Length: 0 }))
                result.AddError("nothing to record: name items with --click, --view, --cart, --purchase, --like or --skip");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new RecordEventsRequest();
            DateTimeOffset now = host.Time.GetUtcNow();
            foreach ((EventType type, Option<string[]> items) in kinds)
            {
                foreach (string item in parsed.GetRequiredValue(items))
                {
                    request.Events.Add(new Event
                    {
                        UserId = parsed.GetRequiredValue(user),
                        ItemId = item,
                        Type = type,
                        RequestId = parsed.GetRequiredValue(requestId),
                        // A millisecond apart, so that they keep their order.
                        Time = Timestamp.FromDateTimeOffset(now.AddMilliseconds(request.Events.Count)),
                    });
                }
            }

            using var connection = new ServerConnection(parsed.GetRequiredValue(server.Address), ServerAccess.Of(parsed));
            RecordEventsResponse response = await connection.CallAsync(options => connection.Events.RecordEventsAsync(request, options), parsed.GetValue(server.Timeout), host.Time, cancellationToken);
            string? file = parsed.GetValue(json);
            if (!JsonFile.IsInsteadOfTable(file))
                await host.Output.WriteLineAsync($"recorded {response.Recorded}, duplicates {response.Duplicates}, refused {response.Refused}, dropped {response.Dropped}");
            await JsonFile.WriteAsync(host, file, writer => MessageJson.Write(writer, response), cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(command, "inference record --user u42 --click i7", "inference record --user u42 --view i7,i12 --cart i12 --skip i9");
    }
}
