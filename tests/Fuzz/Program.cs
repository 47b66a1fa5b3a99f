using System.Diagnostics;
using System.Globalization;
using Fuzz;
using Fuzz.Engine;

// The verbs "child" and "replay" are for this program itself: they run in a process that may end.
return args switch
{
    ["child", var name, var seed, var first, var cases, var seconds, var folder] => RunAsChild(name, Whole(seed), Whole(first), Whole(cases), double.Parse(seconds, CultureInfo.InvariantCulture), folder),
    ["replay", var name, var file] => Replay(name, file),
    _ => FuzzCommand.Run(args),
};

static int RunAsChild(string name, int seed, int first, int cases, double seconds, string folder)
{
    FuzzTarget target = FuzzTargets.Make(name);
    var report = new ChildReport(folder);
    FuzzRun? run = null;
    int taken = 0;
    run = new FuzzRun(target, seed) { First = first, Starting = (number, input) => report.Note(number, taken, input), Ended = isTaken => taken += isTaken ? 1 : 0 };
    long begin = Stopwatch.GetTimestamp();
    report.Write(run.Run(count => count >= cases || (seconds > 0 && Stopwatch.GetElapsedTime(begin).TotalSeconds >= seconds)));
    if (!run.IsStuck)
        target.Dispose();
    return 0;
}

static int Replay(string name, string file)
{
    using FuzzTarget target = FuzzTargets.Make(name);
    if (FuzzRun.Check(target, File.ReadAllBytes(file), mustTake: false, out bool isTaken) is not { } finding)
    {
        Console.WriteLine(isTaken ? "taken" : "refused");
        return 0;
    }

    Console.Error.WriteLine($"{finding.Kind}\n{finding.Details}");
    return 1;
}

static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);
