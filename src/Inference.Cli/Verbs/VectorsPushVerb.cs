using System.CommandLine;
using System.Globalization;
using Inference.Cli.Frame;
using Inference.Storage.Redis;
using Inference.Storage.VectorSets;
using Inference.Towers;
using Inference.Towers.Bundles;

namespace Inference.Cli.Verbs;

/// <summary>`vectors push`: brings the item embeddings of a bundle to a Redis with vector sets.</summary>
internal static class VectorsPushVerb
{
    public static Verb Create(CommandHost host)
    {
        var redis = new VectorRedis();
        var bundle = new Option<string>("--bundle") { Description = "Folder of the bundle: REPOSITORY/NAME/VERSION", HelpName = "DIR", Required = true };
        Option<int> shards = Whole("--shards", "Vector sets that the items are spread over; on a Redis Cluster some four times the masters", 1, VectorSpace.MostShards, 1);
        var quantization = new Option<string>("--quantization") { Description = "How vectors are kept: q8, none (32 bits) or binary", HelpName = "KIND", DefaultValueFactory = _ => "q8" };
        quantization.AcceptOnlyFromAmong("q8", "none", "binary");
        Option<int> width = Whole("--build-width", "Candidates that Redis keeps while it links a vector: more find more later, and take longer now", 1, 100_000, 200);
        var attributes = new Option<string>("--attributes") { Description = "Attributes of items to keep with the vectors, so that filters over them hold in Redis already", HelpName = "NAME,NAME", DefaultValueFactory = _ => "" };
        Option<int> keep = Whole("--keep", "Embedding spaces that stay, with this one: replicas that still serve the one before need its vectors", 1, 100, 2);
        Option<string?> json = JsonFile.Option();
        var command = new Command("push", "Bring the item embeddings of a bundle to Redis; what is there already is not sent again") { bundle, shards, quantization, width, attributes, keep, json };
        redis.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = new VectorPushSettings
            {
                Shards = parsed.GetValue(shards),
                Quantization = parsed.GetValue(quantization) switch { "none" => VectorQuantization.None, "binary" => VectorQuantization.Binary, _ => VectorQuantization.Q8 },
                BuildWidth = parsed.GetValue(width),
                Attributes = parsed.GetValue(attributes)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                Keep = parsed.GetValue(keep),
            };
            await using RedisConnection connection = await redis.ConnectAsync(parsed, host, cancellationToken);
            VectorPushReport report = await host.WithProgressAsync(async begin =>
            {
                begin("reading the bundle");
                // No graph is searched here, so none is built.
                var load = new BundleLoadSettings { Index = new ItemIndexOptions { Kind = ItemIndexKind.Exact }, Time = host.Time };
                LoadedBundle loaded = await BundleLoader.LoadAsync(parsed.GetRequiredValue(bundle), load, cancellationToken);
                using (loaded.Snapshot)
                    return await PushAsync(connection, loaded, settings, begin("bringing vectors"), host.Time, cancellationToken);
            });
            string? file = parsed.GetValue(json);
            if (!JsonFile.IsInsteadOfTable(file))
                Show(host, report);
            await JsonFile.WriteAsync(host, file, writer => VectorsListVerb.Write(writer, report), cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(command, "inference vectors push --bundle models/demo/1 --redis 127.0.0.1:6379", "inference vectors push --bundle models/shop/7 --redis redis-1:6379,redis-2:6379 --shards 12 --attributes category,price");
    }

    private static async Task<VectorPushReport> PushAsync(RedisConnection connection, LoadedBundle loaded, VectorPushSettings settings, IProgress<double> progress, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await new VectorSetPush(connection, time).RunAsync(loaded.Snapshot, settings, progress, cancellationToken);
        }
        catch (ArgumentException wrong)
        {
            throw new CommandFailedException(wrong.Message);
        }
    }

    private static void Show(CommandHost host, VectorPushReport report)
    {
        VectorSpace space = report.Space;
        host.Output.WriteLine(report.Added == 0
            ? string.Create(CultureInfo.InvariantCulture, $"nothing to do: all {space.Items:N0} vectors are there, generation {space.Generation}")
            : string.Create(CultureInfo.InvariantCulture, $"brought {report.Added:N0} vectors in {space.Shards} shards, generation {space.Generation}"));
        if (report.Removed.Count > 0)
            host.Output.WriteLine($"deleted the vectors of {string.Join(", ", report.Removed)}");
    }

    private static Option<int> Whole(string name, string description, int least, int most, int standard)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out int value) && (value < least || value > most))
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be from {least} to {most}."));
        });
        return option;
    }
}
