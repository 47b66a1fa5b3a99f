using ChaosTests.Bench;
using RedisRig;

// As a program this project measures what its tests only check; `./dev bench` runs it.
if (RedisProcess.Missing is { } missing)
{
    Console.Error.WriteLine(missing);
    return 1;
}

return args switch
{
    ["chaos", .. string[] rest] => await ChaosBench.RunAsync(rest),
    ["replicas", .. string[] rest] => await ReplicaBench.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine($"usage: {ChaosBench.Usage} | {ReplicaBench.Usage}");
    return 2;
}
