using InteropTests.Cases;
using InteropTests.Foreign;
using InteropTests.Matrix;
using Xunit;

namespace InteropTests;

/// <summary>gRPC's interoperability cases: foreign clients on our server, our client on foreign servers, and ours on ours.</summary>
public sealed class StandardCasesTests(InteropMatrix matrix) : IClassFixture<InteropMatrix>
{
    public static TheoryData<string, string> PairingsAndCases()
    {
        var data = new TheoryData<string, string>();
        foreach (var pairing in Pairing.All)
        {
            foreach (var (name, _) in StandardCases.All)
            {
                data.Add(pairing.Name, name);
            }
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(PairingsAndCases))]
    public async Task Case_BetweenTwoImplementations_GoesAsDefined(string pairing, string name)
    {
        var pair = Pairing.All.Single(candidate => candidate.Name == pairing);
        pair.Foreign?.Require();

        var results = await matrix.ResultsAsync(pair);

        Assert.True(results.TryGetValue(name, out var result), "The client ended before it came to this case.");
        Assert.True(result.Outcome != CaseOutcome.Fail, result.Detail);
    }

    [SkippableFact]
    public async Task Table_InReadme_IsWhatWasSeen()
    {
        foreach (var runtime in ForeignRuntime.All)
        {
            runtime.Require();
        }

        var columns = new List<(string, IReadOnlyDictionary<string, CaseResult>)>();
        foreach (var pairing in Pairing.All)
        {
            columns.Add((pairing.Name, await matrix.ResultsAsync(pairing)));
        }

        ResultsTable.Verify("standard cases", ResultsTable.Render([.. StandardCases.All.Select(one => one.Name)], columns));
    }
}
