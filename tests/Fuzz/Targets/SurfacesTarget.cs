using System.Text;
using Fuzz.Engine;
using Inference.Recommendations.Surfaces;

namespace Fuzz.Targets;

/// <summary>The file of surfaces.</summary>
internal sealed class SurfacesTarget : FuzzTarget
{
    public override string Name => "surfaces";

    public override (long PerByte, long Free) MostAllocated => (4_096, 1 << 20);

    public override IReadOnlyList<string> Tokens =>
    [
        "null", "true", "-1", "1e400", "{}", "[]", "\"\"", "\"5ms\"", "\"99999999999d\"", "\"-1s\"", "\"1e99h\"", "\"learned\"", "\"z_score\"", "\"retrievers\":", "\"slate\":", "\"caps\":", "\"pins\":", "\"boosts\":", "\"budget\":", "\"quota\":", "// c\n", ",",
        "\"calibration\":", "\"filter\":\"a = (\"", "\"rank\":1e9",
    ];

    public override IEnumerable<byte[]> Seeds()
    {
        yield return Encoding.UTF8.GetBytes(SurfacesFile.BuiltInText);
        yield return """
            { "default": "home", "surfaces": { "home": { "retrievers": [ { "name": "towers", "weight": 1, "budget": "5ms", "quota": 200 }, "popularity" ], "fusion": "reciprocal_rank", "depth": 200,
              "slate": { "diversity": 0.1, "caps": [ { "attribute": "brand", "most": 2 } ], "pins": [ { "itemId": "i1", "rank": 1 } ],
                         "boosts": [ { "name": "new", "filter": "year >= 2026", "amount": 0.5 } ], "calibration": { "strength": 0.3 }, "coverageAttribute": "category" } }, } }
            """u8.ToArray();
    }

    public override bool Read(byte[] input)
    {
        SurfaceSet? surfaces = SurfacesFile.TryRead(Encoding.UTF8.GetString(input), out IReadOnlyList<SurfaceProblem> problems);
        FuzzException.Unless((surfaces is null) == (problems.Count > 0), "a file is neither taken nor refused");
        foreach (SurfaceProblem problem in problems)
            FuzzException.Unless(problem.ToString().Length is > 0 and < 2_000, "a problem is long");
        return surfaces is not null;
    }
}
