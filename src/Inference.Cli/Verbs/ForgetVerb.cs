using System.CommandLine;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Recsys.V1;

namespace Inference.Cli.Verbs;

/// <summary>`forget`: has a running server delete what is known of a user, on all replicas.</summary>
internal static class ForgetVerb
{
    public static Verb Create(CommandHost host)
    {
        var server = new ServerOptions();
        var user = new Option<string>("--user") { Description = "Id of the user", HelpName = "ID", Required = true };
        Option<string?> json = JsonFile.Option();
        var command = new Command("forget", "Delete everything that is known of a user, on all replicas") { user, json };
        server.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new ForgetUserRequest { UserId = parsed.GetRequiredValue(user) };
            using var connection = new ServerConnection(parsed.GetRequiredValue(server.Address), ServerAccess.Of(parsed));
            ForgetUserResponse response = await connection.CallAsync(options => connection.Events.ForgetUserAsync(request, options), parsed.GetValue(server.Timeout), host.Time, cancellationToken);
            string? file = parsed.GetValue(json);
            if (!JsonFile.IsInsteadOfTable(file))
                await host.Output.WriteLineAsync($"forgotten at {response.Time.ToDateTimeOffset():yyyy-MM-dd HH:mm:ss} UTC, receipt {response.ReceiptId}");
            await JsonFile.WriteAsync(host, file, writer => MessageJson.Write(writer, response), cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(command, "inference forget --user u42");
    }
}
