using System.Diagnostics;

namespace Fuzz.Engine;

/// <summary>
/// Runs cases of one target in this process:
/// <list type="number">
/// <item>a thread makes the inputs, has them read, and counts what it allocates</item>
/// <item>the caller's thread watches it: a case that takes too long is a finding, and the last one</item>
/// <item>what does not hold is made smaller, once for each kind</item>
/// </list>
/// </summary>
/// <param name="target">What is run; owned by the caller, who must not dispose it when a case did not end.</param>
/// <param name="seed">Of the inputs.</param>
public sealed class FuzzRun(FuzzTarget target, int seed)
{
    /// <summary>Longer than any input of these sizes takes, also on a machine that is busy with other things.</summary>
    public static readonly TimeSpan LongestCase = TimeSpan.FromSeconds(30);

    private const int MinimiserTries = 4_000;

    private readonly FuzzReport _report = new(target.Name);
    private readonly HashSet<string> _kinds = [];
    private readonly Lock _gate = new();
    private byte[] _input = [];
    private long _started;

    /// <summary>Called with the number and the input of each case before it is run.</summary>
    public Action<int, byte[]>? Starting { get; init; }

    /// <summary>Called after each case, with whether its input was taken.</summary>
    public Action<bool>? Ended { get; init; }

    /// <summary>Cases that are passed over.</summary>
    public int First { get; init; }

    /// <summary>Whether a case did not end, so that a thread is still in the target.</summary>
    public bool IsStuck { get; private set; }

    /// <summary>Runs cases until there are enough of them.</summary>
    /// <param name="isEnough">Asked before each case with the number of cases so far.</param>
    public FuzzReport Run(Func<int, bool> isEnough)
    {
        byte[][] seeds = [.. target.Seeds(), .. Corpus.Of(target.Name)];
        var mutator = new Mutator(target, seeds, seed);
        var worker = new Thread(() =>
        {
            for (int number = First; !isEnough(_report.Cases); number++)
                Try(number, mutator.Make(number), isValid: number < seeds.Length);
        })
        { IsBackground = true, Name = $"fuzz {target.Name}" };
        long begin = Stopwatch.GetTimestamp();
        worker.Start();
        while (!worker.Join(TimeSpan.FromMilliseconds(100)))
        {
            long started = Volatile.Read(ref _started);
            if (started == 0 || Stopwatch.GetElapsedTime(started) < LongestCase)
                continue;
            IsStuck = true;
            lock (_gate)
                _report.Findings.Add(new Finding(target.Name, "a case does not end", $"It takes longer than {LongestCase}.", _input));
            break;
        }

        lock (_gate)
        {
            _report.Elapsed = Stopwatch.GetElapsedTime(begin);
            return _report;
        }
    }

    /// <summary>Has the target read one input.</summary>
    /// <returns>What went wrong; null when nothing did.</returns>
    public static Finding? Check(FuzzTarget target, byte[] input, bool mustTake, out bool isTaken)
    {
        isTaken = false;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            isTaken = target.Read(input);
            FuzzException.Unless(isTaken || !mustTake, "a valid input is refused");
            (long perByte, long free) = target.MostAllocated;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > (perByte * input.Length) + free)
                return new Finding(target.Name, "too much memory is allocated", $"{allocated} bytes for an input of {input.Length} bytes; {perByte} a byte and {free} are allowed.", input);
            return null;
        }
        catch (Exception e)
        {
            return new Finding(target.Name, Finding.KindOf(e), e.ToString(), input);
        }
    }

    private void Try(int number, byte[] input, bool isValid)
    {
        Starting?.Invoke(number, input);
        _input = input;
        long started = Stopwatch.GetTimestamp();
        Volatile.Write(ref _started, started);
        Finding? finding = Check(target, input, isValid, out bool isTaken);
        Volatile.Write(ref _started, 0);
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        Ended?.Invoke(isTaken);
        lock (_gate)
        {
            _report.Cases++;
            _report.Taken += isTaken ? 1 : 0;
            _report.Failures += finding is null ? 0 : 1;
            if (took > _report.Longest)
                _report.Longest = took;
        }

        if (finding is null || !_kinds.Add(finding.Kind))
            return;
        byte[] smallest = isValid ? input : Minimiser.Run(input, one => Check(target, one, mustTake: false, out _)?.Kind == finding.Kind, MinimiserTries);
        lock (_gate)
            _report.Findings.Add((isValid ? finding : Check(target, smallest, mustTake: false, out _) ?? finding) with { Target = target.Name });
    }
}
