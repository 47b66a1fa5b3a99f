using Fuzz;
using Fuzz.Engine;
using Xunit;
using Xunit.Abstractions;

namespace UnitTests.Fuzzing;

/// <summary>Every parser of outside input, given a fixed number of inputs that are the same each time; `./dev fuzz` goes on from there for as long as one likes.</summary>
public sealed class FuzzTargetTests(ITestOutputHelper output)
{
    private const int Seed = 20_261_129;

    public static TheoryData<string> Targets => [.. FuzzTargets.Names];

    public static TheoryData<string, string> Regressions
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (string target in FuzzTargets.Names)
            {
                foreach (string file in Corpus.RegressionsOf(target))
                    all.Add(target, Path.GetFileName(file));
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Read_OfMutatedInputs_IsTakenOrRefusedAsDocumented(string name)
    {
        FuzzReport report = Run(name);

        output.WriteLine($"{name}: {report.Cases} cases, {report.Taken} taken, the longest {report.Longest.TotalMilliseconds:F1} ms");
        Assert.True(report.Findings.Count == 0, $"./dev fuzz {name} --cases {report.Cases} --seed {Seed}\n{string.Join('\n', report.Findings.Select(Tell))}");
        // A target that took all or nothing would not look into what it reads.
        Assert.InRange(report.Taken, 1, report.Cases);
    }

    /// <summary>What once went wrong.</summary>
    [Theory]
    [MemberData(nameof(Regressions))]
    public void Read_OfWhatOnceWentWrong_IsTakenOrRefusedAsDocumented(string name, string file)
    {
        byte[] input = File.ReadAllBytes(Corpus.RegressionsOf(name).Single(path => Path.GetFileName(path) == file));
        using FuzzTarget target = FuzzTargets.Make(name);

        if (target.NeedsProcess)
            Assert.Null(new ChildRun(name, Seed).Replay(input));
        else
            Assert.Null(FuzzRun.Check(target, input, mustTake: false, out _));
    }

    private static FuzzReport Run(string name)
    {
        FuzzTarget target = FuzzTargets.Make(name);
        int cases = target.TestCases;
        if (target.NeedsProcess)
        {
            target.Dispose();
            return new ChildRun(name, Seed).Run(cases);
        }

        var run = new FuzzRun(target, Seed);
        FuzzReport report = run.Run(count => count >= cases);
        if (!run.IsStuck)
            target.Dispose();
        return report;
    }

    private static string Tell(Finding finding) => $"{finding.Kind}\n{finding.Details}\n{finding.Input.Length} bytes: {Convert.ToBase64String(finding.Input.AsSpan(0, Math.Min(finding.Input.Length, 3_000)))}";
}
