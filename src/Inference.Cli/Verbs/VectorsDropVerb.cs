using System.CommandLine;
using Inference.Cli.Frame;
using Inference.Storage.Redis;
using Inference.Storage.VectorSets;

namespace Inference.Cli.Verbs;

/// <summary>`vectors drop`: deletes the vectors of an embedding space.</summary>
internal static class VectorsDropVerb
{
    public static Verb Create(CommandHost host)
    {
        var redis = new VectorRedis();
        var space = new Option<string>("--space") { Description = "Id of the embedding space", HelpName = "ID", Required = true };
        var command = new Command("drop", "Delete the vectors of an embedding space; surfaces that serve it go without") { space };
        redis.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using RedisConnection connection = await redis.ConnectAsync(parsed, host, cancellationToken);
            string name = parsed.GetRequiredValue(space);
            if (!await new VectorSetPush(connection, host.Time).DropAsync(name))
                throw new CommandFailedException($"Redis at {connection.Address} holds no vectors of '{name}'.");
            await host.Output.WriteLineAsync($"deleted the vectors of {name}");
            return ExitCode.Ok;
        });
        return new Verb(command, "inference vectors drop --redis 127.0.0.1:6379 --space demo-1");
    }
}
