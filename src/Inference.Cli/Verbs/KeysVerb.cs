using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Protocol.Access;

namespace Inference.Cli.Verbs;

/// <summary>`keys`: makes API keys, and finds out whose one is.</summary>
internal static class KeysVerb
{
    private static readonly string[] Roles = ["serve", "events", "catalogue", "admin"];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Verb Create(CommandHost host) => new(
        new Command("keys", "Make API keys for clients of a server, and check them") { MakeNew(host), MakeCheck(host) },
        "inference keys new --name web --roles serve,events", "inference keys check --file clients.json < key");

    private static Command MakeNew(CommandHost host)
    {
        var name = new Option<string>("--name") { Description = "Name of the client, for logs, quotas and audit", HelpName = "NAME", Required = true };
        Option<string[]> roles = IdList.Option("--roles", $"What it may do: {string.Join(", ", Roles)}", required: true);
        roles.Validators.Add(result =>
        {
            foreach (string unknown in (result.GetValueOrDefault<string[]>() ?? []).Except(Roles, StringComparer.Ordinal))
                result.AddError($"--roles '{unknown}' is no role; there are {string.Join(", ", Roles)}");
        });
        var days = new Option<int?>("--days") { Description = "After how many days it ceases to be good; never otherwise", HelpName = "DAYS" };
        days.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 36_500)
                result.AddError("--days is from 1 to 36500");
        });
        var command = new Command("new", "Make a key: it is printed once, with the entry of the clients file that holds its hash") { name, roles, days };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string key = ApiKey.Create();
            _ = ApiKey.TryGetId(key, out ReadOnlySpan<char> id);
            var entry = new JsonObject { ["id"] = id.ToString(), ["sha256"] = ApiKey.HashText(key) };
            if (parsed.GetValue(days) is { } last)
                entry["expires"] = host.Time.GetUtcNow().AddDays(last).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            var client = new JsonObject
            {
                ["name"] = parsed.GetRequiredValue(name),
                ["roles"] = new JsonArray([.. parsed.GetRequiredValue(roles).Distinct(StringComparer.Ordinal).Select(role => (JsonNode)role)]),
                ["keys"] = new JsonArray(entry),
            };
            // The entry can go straight into a file; the key is for people, and for nobody's file.
            await host.Error.WriteLineAsync($"The key, which is kept nowhere; give it to the client:\n\n  {key}\n\nThe client's entry in \"clients\" of Inference:Security:ClientsFile (or one more of its \"keys\"):\n".AsMemory(), cancellationToken);
            await host.Output.WriteLineAsync(client.ToJsonString(Indented).AsMemory(), cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command MakeCheck(CommandHost host)
    {
        var file = new Option<string>("--file") { Description = "The clients file", HelpName = "FILE", Required = true };
        var command = new Command("check", "Read a key from standard input and say whose it is, by a clients file") { file };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string key = (await host.Input.ReadLineAsync(cancellationToken))?.Trim() ?? "";
            if (!ApiKey.TryGetId(key, out ReadOnlySpan<char> found))
                throw new CommandFailedException($"this is no key: one has {ApiKey.Length} characters and begins with {ApiKey.Prefix}.");
            string id = found.ToString(), path = parsed.GetRequiredValue(file);
            (string name, string roles, JsonElement entry) = Find(await File.ReadAllTextAsync(path, cancellationToken), id)
                ?? throw new CommandFailedException($"no client in '{path}' has a key of the id {id}.");
            if (!string.Equals(entry.GetProperty("sha256").GetString(), ApiKey.HashText(key), StringComparison.OrdinalIgnoreCase))
                throw new CommandFailedException($"the key {id} is known, but its secret is another.");
            string ends = "never expires";
            if (entry.TryGetProperty("expires", out JsonElement expires))
            {
                DateTimeOffset end = expires.GetDateTimeOffset();
                if (end <= host.Time.GetUtcNow())
                    throw new CommandFailedException($"the key {id} of '{name}' has expired at {end.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC.");
                ends = string.Create(CultureInfo.InvariantCulture, $"good until {end.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
            }

            await host.Output.WriteLineAsync($"{name}: roles {roles}, key {id}, {ends}".AsMemory(), cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    private static (string Name, string Roles, JsonElement Key)? Find(string text, string id)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            foreach (JsonElement client in json.RootElement.GetProperty("clients").EnumerateArray())
            {
                if (!client.TryGetProperty("keys", out JsonElement keys))
                    continue;
                foreach (JsonElement key in keys.EnumerateArray())
                {
                    if (key.GetProperty("id").GetString() == id)
                        return (client.GetProperty("name").GetString()!, string.Join(", ", client.GetProperty("roles").EnumerateArray().Select(role => role.GetString())), key.Clone());
                }
            }

            return null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CommandFailedException("this is no clients file; the server's --check lists all that is wrong with it.", e);
        }
    }
}
