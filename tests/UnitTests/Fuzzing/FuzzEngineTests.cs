using System.Text;
using Fuzz.Engine;
using Xunit;

namespace UnitTests.Fuzzing;

/// <summary>The engine notices what it is there to notice, and does the same each time.</summary>
public sealed class FuzzEngineTests
{
    [Fact]
    public void Run_WithAFault_FindsItAndMakesItSmall()
    {
        using var target = new ScriptedTarget(static input => input.AsSpan().IndexOf("bug"u8) >= 0 ? throw new InvalidOperationException() : true, "bug", "fine");

        FuzzReport report = new FuzzRun(target, 1).Run(static count => count >= 500);

        Finding finding = Assert.Single(report.Findings);
        Assert.Equal("bug", Encoding.UTF8.GetString(finding.Input));
        Assert.StartsWith(nameof(InvalidOperationException), finding.Kind, StringComparison.Ordinal);
        Assert.Equal(500, report.Cases);
        Assert.InRange(report.Failures, 1, 500);
    }

    [Fact]
    public void Run_WithMemoryThatTheInputDoesNotExplain_FindsIt()
    {
        using var target = new ScriptedTarget(
            static input =>
            {
                if (input.AsSpan().IndexOf((byte)'#') >= 0)
                    GC.KeepAlive(new byte[10 << 20]);
                return true;
            },
            "#");

        Assert.Equal("too much memory is allocated", Assert.Single(new FuzzRun(target, 1).Run(static count => count >= 300).Findings).Kind);
    }

    [Fact]
    public void Run_WithAValidInputThatIsRefused_FindsIt()
    {
        using var target = new ScriptedTarget(static _ => false);

        Assert.Equal("a valid input is refused", Assert.Single(new FuzzRun(target, 1).Run(static count => count >= 3).Findings).Kind);
    }

    [Fact]
    public void Run_WithTheSameSeed_GivesTheSameInputs()
    {
        List<byte[]> first = InputsOf(7), again = InputsOf(7), other = InputsOf(8);

        Assert.Equal(first.Select(Convert.ToHexString), again.Select(Convert.ToHexString));
        Assert.NotEqual(first.Select(Convert.ToHexString), other.Select(Convert.ToHexString));
        Assert.True(first.Select(Convert.ToHexString).Distinct().Count() > first.Count / 2);
    }

    /// <summary>Bytes that the tests have seen once, so that a change of the engine that makes other inputs is noticed.</summary>
    [Fact]
    public void Run_OnAnyMachine_GivesTheSameInputs() =>
        Assert.Equal("2A0504D7", Convert.ToHexString(System.Security.Cryptography.SHA256.HashData([.. InputsOf(7).SelectMany(input => input)]).AsSpan(0, 4)));

    private static List<byte[]> InputsOf(int seed)
    {
        var inputs = new List<byte[]>();
        using var target = new ScriptedTarget(input =>
        {
            inputs.Add(input);
            return true;
        });
        new FuzzRun(target, seed).Run(static count => count >= 300);
        return inputs;
    }

    private sealed class ScriptedTarget(Func<byte[], bool> read, params string[] tokens) : FuzzTarget
    {
        public override string Name => "scripted";

        public override IReadOnlyList<string> Tokens => tokens;

        public override IEnumerable<byte[]> Seeds() => ["an input of some length"u8.ToArray()];

        public override bool Read(byte[] input) => read(input);
    }
}
