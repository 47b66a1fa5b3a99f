using System.CommandLine;
using Inference.Cli.Frame;
using Inference.Storage.Redis;

namespace Inference.Cli.Verbs;

/// <summary>The options by which the verbs of `vectors` reach a Redis.</summary>
internal sealed class VectorRedis
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public Option<string> Configuration { get; } = new("--redis")
    {
        Description = "The Redis (8 or later), in the notation of Inference:Redis:Configuration; any node of a Redis Cluster leads to the others", HelpName = "HOST:PORT", Required = true,
    };

    public Option<string> Prefix { get; } = new("--prefix") { Description = "First part of every key, as Inference:Redis:Prefix", HelpName = "TEXT", DefaultValueFactory = _ => new RedisOptions().Prefix };

    public void AddTo(Command command)
    {
        command.Add(Configuration);
        command.Add(Prefix);
    }

    /// <exception cref="CommandFailedException">The configuration cannot be read.</exception>
    /// <exception cref="Recommendations.Ports.StoreException">It cannot be reached.</exception>
    public async Task<RedisConnection> ConnectAsync(ParseResult parsed, CommandHost host, CancellationToken cancellationToken)
    {
        // Linking a vector of a large set takes Redis a while, and many are under way at once.
        var options = new RedisOptions { Configuration = parsed.GetRequiredValue(Configuration), Prefix = parsed.GetRequiredValue(Prefix), CommandTimeout = TimeSpan.FromMinutes(1) };
        try
        {
            return await RedisConnection.ConnectAsync(options, Patience, host.Time, cancellationToken);
        }
        catch (ArgumentException wrong)
        {
            throw new CommandFailedException($"--redis: {wrong.Message}");
        }
    }
}
