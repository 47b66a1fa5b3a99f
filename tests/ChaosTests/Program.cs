using System.Runtime.InteropServices;
using ChaosTests.Bench;
using RedisRig;

// As a program this project measures what its tests only check; `./dev bench` runs it.
if (RedisProcess.Missing is { } missing)
{
    Console.Error.WriteLine(missing);
    return 1;
}

// The servers under test take these signals for theirs and stop; they are meant for all of this.
var stopped = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, 130));
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, 143));
Task<int> running = args switch
{
    ["chaos", .. string[] rest] => ChaosBench.RunAsync(rest),
    ["replicas", .. string[] rest] => ReplicaBench.RunAsync(rest),
    _ => Task.FromResult(Usage()),
};
return await await Task.WhenAny(running, stopped.Task);

void Stop(PosixSignalContext context, int exitCode)
{
    context.Cancel = true;
    stopped.TrySetResult(exitCode);
}

static int Usage()
{
    Console.Error.WriteLine($"usage: {ChaosBench.Usage} | {ReplicaBench.Usage}");
    return 2;
}
