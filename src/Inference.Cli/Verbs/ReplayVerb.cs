using System.CommandLine;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Cli.OffPolicy;
using Inference.Recommendations.Queries;
using Inference.Storage.Decisions;
using Inference.Storage.Redis;
using Inference.Training.OffPolicy;

namespace Inference.Cli.Verbs;

/// <summary>`replay`: says from a log of decisions what other policies would have brought.</summary>
internal static class ReplayVerb
{
    public static Verb Create(CommandHost host)
    {
        var folder = new Option<string?>("--log") { Description = "Folder of the log (Inference:Decisions:Folder)", HelpName = "DIR" };
        var redis = new Option<string?>("--redis") { Description = "Read the streams of decisions and events of this Redis instead, in the notation of Inference:Redis:Configuration", HelpName = "CONFIG" };
        var prefix = new Option<string>("--redis-prefix") { Description = "First part of the keys (Inference:Redis:Prefix)", HelpName = "TEXT", DefaultValueFactory = _ => new RedisOptions().Prefix };
        Option<TargetPolicy[]> policies = Policies();
        var type = new Option<string>("--type") { Description = "Judge slots that explore, or those for new items", HelpName = "TYPE", DefaultValueFactory = _ => "explore" };
        type.AcceptOnlyFromAmong("explore", "new_item");
        var reward = new Option<string>("--reward") { Description = "What counts: whether the item was clicked, put into the cart or bought, or the value of its purchases", HelpName = "WHAT", DefaultValueFactory = _ => "click" };
        reward.AcceptOnlyFromAmong("click", "cart", "purchase", "value");
        var unit = new Option<string>("--unit") { Description = "Judge each slot given those before it, or all drawn slots of a slate together", HelpName = "UNIT", DefaultValueFactory = _ => "slot" };
        unit.AcceptOnlyFromAmong("slot", "slate");
        var cluster = new Option<string>("--cluster") { Description = "What is independent for the intervals: users where the log names them, or requests", HelpName = "WHAT", DefaultValueFactory = _ => "user" };
        cluster.AcceptOnlyFromAmong("user", "request");
        var byDefault = new ReplayOptions();
        Option<TimeSpan> window = Durations.Option("--window", "How long after a decision its events count", byDefault.Window, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365));
        var confirmed = new Option<bool>("--confirmed") { Description = "Count only what some event, a skip for example, tells was seen" };
        Option<double> clip = Numbers.Option("--clip", "Weights above this count as this: steadier, and biased; 0 for none", 0.0, 0, 1e9);
        Option<double> effective = Numbers.Option("--min-effective", "Refuse below this effective sample size", byDefault.LeastEffective, 1, 1e12);
        Option<int> rewards = Numbers.Option("--min-rewards", "Refuse with fewer rewards of items that the policy could have shown", byDefault.LeastRewarded, 1, int.MaxValue);
        Option<double> unsupported = Numbers.Option("--max-unsupported", "Refuse where more of the policy's probability is on items that the log never or hardly ever shows", byDefault.MostUnsupported, 0, 1);
        Option<string?> json = JsonFile.Option();
        var command = new Command("replay", "Say from a log of decisions what other exploration policies would have brought; exit code 1 where the log cannot tell")
        {
            folder, redis, prefix, policies, type, reward, unit, cluster, window, confirmed, clip, effective, rewards, unsupported, json,
        };
        command.Validators.Add(result =>
        {
            if ((result.GetResult(folder) is null) == (result.GetResult(redis) is null))
                result.AddError("give the log: --log DIR or --redis CONFIG");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new ReplayOptions
            {
                Type = parsed.GetRequiredValue(type) == "explore" ? SlotType.Explore : SlotType.NewItem,
                Reward = parsed.GetRequiredValue(reward) switch { "cart" => RewardKind.Cart, "purchase" => RewardKind.Purchase, "value" => RewardKind.Value, _ => RewardKind.Click },
                BySlate = parsed.GetRequiredValue(unit) == "slate",
                ByUser = parsed.GetRequiredValue(cluster) == "user",
                Window = parsed.GetValue(window),
                ConfirmedOnly = parsed.GetValue(confirmed),
                Clip = parsed.GetValue(clip) is > 0 and double limit ? limit : double.PositiveInfinity,
                LeastEffective = parsed.GetValue(effective),
                LeastRewarded = parsed.GetValue(rewards),
                MostUnsupported = parsed.GetValue(unsupported),
            };
            var log = new ReplayLog(parsed.GetValue(policies) ?? [], options);
            string? configuration = parsed.GetValue(redis);
            string source = configuration is null ? parsed.GetValue(folder)! : "streams of Redis";
            if (configuration is null)
                await ReadFolderAsync(host, source, log, cancellationToken);
            else
                await ReadRedisAsync(new RedisOptions { Configuration = configuration, Prefix = parsed.GetRequiredValue(prefix) }, log, cancellationToken);
            return await ReportAsync(host, log, source, parsed.GetValue(json), cancellationToken);
        });
        return new Verb(
            command,
            "inference replay --log decisions --policy softmax:temperature=0.2 --policy off",
            "inference replay --log decisions --policy thompson --policy ucb:confidence_width=2 --type new_item --reward purchase",
            "inference replay --log decisions --policy epsilon_greedy:epsilon=0.05 --clip 20 --json replay.json",
            "inference replay --redis redis-1:6379 --policy thompson:prior_impressions=50");
    }

    private static async Task ReadFolderAsync(CommandHost host, string folder, ReplayLog log, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
            throw new CommandFailedException($"--log: there is no folder '{folder}'.");
        if (LogFolder.FilesOf(folder).Length == 0)
            throw new CommandFailedException($"--log: '{folder}' has no files decisions-*.jsonl; a server writes them where Inference:Decisions:Folder says.");
        await host.WithProgressAsync(begin => Task.Run(
            () =>
            {
                LogFolder.Read(folder, log, begin("reading the log"), cancellationToken);
                return true;
            },
            cancellationToken));
    }

    private static async Task ReadRedisAsync(RedisOptions options, ReplayLog log, CancellationToken cancellationToken)
    {
        await foreach (ReadOnlyMemory<byte> line in DecisionStreamReader.ReadAsync(options, cancellationToken))
            log.Add(line.Span);
    }

    private static async Task<int> ReportAsync(CommandHost host, ReplayLog log, string source, string? json, CancellationToken cancellationToken)
    {
        log.Close();
        ReplayReport report = OffPolicyEstimator.Run(log);
        if (!JsonFile.IsInsteadOfTable(json))
            ReplayTable.Write(host, report, source);
        await JsonFile.WriteAsync(host, json, writer => ReplayJson.Write(writer, report), cancellationToken);
        foreach (PolicyValue value in report.Values.Where(static value => !value.IsAnswered))
            host.Error.WriteLine($"error: the log cannot tell what {value.Policy} would bring: {string.Join("; ", value.Refusals)}.");
        return report.Values.All(static value => value.IsAnswered) ? ExitCode.Ok : ExitCode.Failed;
    }

    private static Option<TargetPolicy[]> Policies() => new("--policy")
    {
        Description = "A policy to judge, with its parameters: off, epsilon_greedy:epsilon=E, softmax:temperature=T, thompson:prior_impressions=N, ucb:confidence_width=C,prior_impressions=N; may be given again",
        HelpName = "NAME[:P=V,…]",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result =>
        {
            var policies = new List<TargetPolicy>();
            foreach (string text in result.Tokens.Select(token => token.Value))
            {
                if (TargetPolicy.TryParse(text, out TargetPolicy? policy, out string? problem))
                    policies.Add(policy);
                else
                    result.AddError($"--policy: {problem}");
            }

            return [.. policies];
        },
    };
}
