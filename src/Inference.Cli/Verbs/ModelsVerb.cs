using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Recsys.V1;
using Spectre.Console;

namespace Inference.Cli.Verbs;

/// <summary>`models`: which versions of the model a running server holds, and what changes them.</summary>
internal static class ModelsVerb
{
    /// <summary>A load embeds and indexes a whole catalogue.</summary>
    private static readonly TimeSpan LoadTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Asks the server for a change, and for the versions that it is about.</summary>
    private delegate Task<IEnumerable<ModelVersion>> Ask(ModelService.ModelServiceClient models, string version, CallOptions options);

    public static Verb Create(CommandHost host)
    {
        var share = new Option<double>("--share") { Description = "Share of the requests that pin no version, from 0 (none any more) to 1", HelpName = "SHARE", Required = true };
        share.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0 and <= 1))
                result.AddError("--share is from 0 to 1");
        });
        var models = new Command("models", "Show the versions of the model that a running server holds; load, try, activate and release them")
        {
            Make(host, "list", "Show all versions: what became of each, and why", takesVersion: false, null, _ => ListAsync),
            Make(host, "load", "Load a version beside the active one", takesVersion: true, null, _ => async (models, version, options) => [(await models.LoadAsync(new LoadRequest { Version = version }, options)).Version]),
            Make(host, "split", "Give a loaded version a share of the requests", takesVersion: true, share, parsed => async (models, version, options) =>
                (await models.SplitTrafficAsync(new SplitTrafficRequest { Version = parsed.GetValue(share) > 0 ? version : "", Share = parsed.GetValue(share) }, options)).Versions),
            Make(host, "activate", "Make a loaded version the active one", takesVersion: true, null, _ => async (models, version, options) => [(await models.ActivateAsync(new ActivateRequest { Version = version }, options)).Version]),
            MakeShadow(host),
            MakeStatus(host),
            Make(host, "rollback", "Go back to the version that was active before", takesVersion: false, null, _ => async (models, _, options) => [(await models.RollbackAsync(new RollbackRequest(), options)).Version]),
            Make(host, "unload", "Release a loaded version that is not active", takesVersion: true, null, _ => async (models, version, options) =>
            {
                await models.UnloadAsync(new UnloadRequest { Version = version }, options);
                return (await ListAsync(models, version, options)).Where(one => one.Version == version);
            }),
        };
        return new Verb(models, "inference models list", "inference models status", "inference models load demo/2", "inference models split demo/2 --share 0.1", "inference models activate demo/2", "inference models rollback");
    }

    private static async Task<IEnumerable<ModelVersion>> ListAsync(ModelService.ModelServiceClient models, string version, CallOptions options) =>
        (await models.ListVersionsAsync(new ListVersionsRequest(), options)).Versions;

    private static Command MakeShadow(CommandHost host)
    {
        Option<string> address = ServerOptions.NewAddress();
        Option<TimeSpan> timeout = Durations.Option("--timeout", "How long to wait for the answer, for example 500ms or 2s", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        Option<string?> json = JsonFile.Option();
        var command = new Command("shadow", "Show how the version in the shadow of the active one answers") { json, address, timeout };
        ServerAccess.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var connection = new ServerConnection(parsed.GetRequiredValue(address), ServerAccess.Of(parsed));
            StatusResponse status = await connection.AskAsync(
                async options => await connection.Models.StatusAsync(new StatusRequest(), options), parsed.GetValue(timeout), host.Time, cancellationToken);
            string? file = parsed.GetValue(json);
            ShadowComparison shadow = status.Shadow
                ?? throw new CommandFailedException("Nothing is compared: the server has no Inference:Models:ShadowVersion, or no request has been chosen yet.");
            if (!JsonFile.IsInsteadOfTable(file))
                ShadowView.Write(host, shadow);
            await JsonFile.WriteAsync(host, file, writer => MessageJson.Write(writer, shadow), cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command MakeStatus(CommandHost host)
    {
        Option<string> address = ServerOptions.NewAddress();
        Option<TimeSpan> timeout = Durations.Option("--timeout", "How long to wait for the answer, for example 500ms or 2s", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        Option<string?> json = JsonFile.Option();
        var command = new Command("status", "Show the active version, and what searches of its index find of what they should") { json, address, timeout };
        ServerAccess.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var connection = new ServerConnection(parsed.GetRequiredValue(address), ServerAccess.Of(parsed));
            StatusResponse status = await connection.AskAsync(
                async options => await connection.Models.StatusAsync(new StatusRequest(), options), parsed.GetValue(timeout), host.Time, cancellationToken);
            string? file = parsed.GetValue(json);
            if (!JsonFile.IsInsteadOfTable(file))
            {
                Show(host, status.Canary is null ? [status.Active] : [status.Active, status.Canary]);
                foreach (LiveRecall recall in new[] { status.Recall, status.CanaryRecall }.OfType<LiveRecall>())
                    RecallView.Write(host, recall);
            }

            await JsonFile.WriteAsync(host, file, writer => MessageJson.Write(writer, status), cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Make(CommandHost host, string name, string description, bool takesVersion, Option? option, Func<ParseResult, Ask> ask)
    {
        var address = ServerOptions.NewAddress();
        Option<TimeSpan> timeout = Durations.Option("--timeout", "How long to wait for the answer, for example 500ms or 5m", LoadTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(6));
        Option<string?> json = JsonFile.Option();
        var version = new Argument<string>("version") { Description = "Which version, as NAME/VERSION", HelpName = "VERSION" };
        var command = new Command(name, description);
        if (takesVersion)
            command.Add(version);
        if (option is not null)
            command.Add(option);
        command.Add(json);
        command.Add(address);
        command.Add(timeout);
        ServerAccess.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var connection = new ServerConnection(parsed.GetRequiredValue(address), ServerAccess.Of(parsed));
            string asked = takesVersion ? parsed.GetRequiredValue(version) : "";
            ModelVersion[] versions = [.. await connection.AskAsync(options => ask(parsed)(connection.Models, asked, options), parsed.GetValue(timeout), host.Time, cancellationToken)];
            string? file = parsed.GetValue(json);
            if (!JsonFile.IsInsteadOfTable(file))
                Show(host, versions);
            var message = new ListVersionsResponse();
            message.Versions.Add(versions);
            await JsonFile.WriteAsync(host, file, writer => MessageJson.Write(writer, message), cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Show(CommandHost host, ModelVersion[] versions)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("version").AddColumn("state").AddColumn("embedding space");
        foreach (string name in (string[])["share", "items", "index", "loaded (UTC)", "took s"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (ModelVersion version in versions)
        {
            bool isLoaded = version.LoadedAt is not null;
            table.AddRow(
                new Text(version.Version),
                new Text(version.State.ToString().ToLowerInvariant()),
                new Text(version.EmbeddingSpaceId),
                new Text(version.TrafficShare > 0 ? version.TrafficShare.ToString("P0", CultureInfo.InvariantCulture) : ""),
                new Text(isLoaded ? version.Items.ToString("N0", CultureInfo.InvariantCulture) : ""),
                new Text(version.Index?.Kind ?? ""),
                new Text(isLoaded ? version.LoadedAt!.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : ""),
                new Text(version.LoadDuration is { } took ? took.ToTimeSpan().TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture) : ""));
        }

        host.Console.Write(table);
        foreach (ModelVersion version in versions.Where(version => version.Reasons.Count > 0))
        {
            host.Output.WriteLine($"{version.Version} was refused:");
            foreach (string reason in version.Reasons)
                host.Output.WriteLine($"  - {reason}");
        }
    }
}
