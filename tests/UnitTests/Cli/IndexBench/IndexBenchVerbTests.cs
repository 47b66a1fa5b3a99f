using System.Text.Json;
using Inference.Cli.Frame;
using Inference.Vectors;
using UnitTests.Vectors;
using Xunit;

namespace UnitTests.Cli.IndexBench;

public sealed class IndexBenchVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("flat")]
    [InlineData("exact")]
    public async Task Run_OnASmallSet_WritesARowForEachTarget(string index)
    {
        (int code, string output, string error) = await Bench($"--base {Npy("b", 300, 16)} --queries {Npy("q", 20, 16)} --metric ip --index {index} --recall 0.99,0.9 --interleave 4 --rounds 2 --json {File("r.json")} --plot {File("p.svg")}");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Contains("300 rows of 16 dimensions, ip", output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(System.IO.File.ReadAllText(File("r.json")));
        JsonElement[] rows = [.. json.RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal([0.9, 0.99], rows.Select(static row => row.GetProperty("target").GetDouble()));
        foreach (JsonElement row in rows)
        {
            Assert.Equal(index, row.GetProperty("index").GetString());
            Assert.Equal(index, row.GetProperty("kind").GetString());
            Assert.Equal(1, row.GetProperty("recall").GetDouble());
            Assert.Equal(1, row.GetProperty("interleaved_recall").GetDouble());
            foreach (string figure in new[] { "qps", "p50_us", "p99_us", "build_s", "bytes_per_vector", "interleaved_qps" })
                Assert.True(row.GetProperty(figure).GetDouble() >= 0, figure);
            Assert.True(row.GetProperty("p50_us").GetDouble() <= row.GetProperty("p99_us").GetDouble());
            Assert.Equal(JsonValueKind.Null, row.GetProperty("width").ValueKind);
        }
        Assert.Equal(300, json.RootElement.GetProperty("set").GetProperty("n").GetInt32());
        Assert.StartsWith("<svg", System.IO.File.ReadAllText(File("p.svg")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fast")]
    [InlineData("compact")]
    public async Task Run_WithAGraph_FindsTheWidthsThatReachTheTargets(string index)
    {
        string set = $"--base {Npy("b", 3000, 16)} --queries {Npy("q", 100, 16)} --metric l2 --index {index} --interleave 4 --rounds 1 --seed 7 --build-threads 2 --json -";
        (int code, string output, string error) = await Bench($"{set} --recall 0.9,0.99 --save {File("made")}");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement[] rows = [.. json.RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal(2, rows.Length);
        Assert.All(rows, row => Assert.Equal(index, row.GetProperty("kind").GetString()));
        Assert.All(rows, static row => Assert.True(row.GetProperty("recall").GetDouble() >= row.GetProperty("target").GetDouble()));
        int width = rows[1].GetProperty("width").GetInt32();
        Assert.InRange(rows[0].GetProperty("width").GetInt32(), 1, width);

        (_, string loaded, _) = await Bench($"{set} --width {width} --load {File("made")}");
        using JsonDocument again = JsonDocument.Parse(loaded);
        Assert.Equal(rows[1].GetProperty("recall").GetDouble(), again.RootElement.GetProperty("rows")[0].GetProperty("recall").GetDouble());
    }

    [Fact]
    public async Task Run_WithNoIndexNamed_MeasuresTheAutomaticChoice()
    {
        string set = $"--base {Npy("b", 500, 16)} --queries {Npy("q", 100, 16)} --metric ip --rounds 1 --json -";
        (int code, string output, string error) = await Bench($"{set} --save {File("made")}");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement[] rows = [.. json.RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal([0.9, 0.95, 0.99], rows.Select(static row => row.GetProperty("target").GetDouble()));
        Assert.All(rows, static row => Assert.Equal("auto", row.GetProperty("index").GetString()));
        Assert.All(rows, static row => Assert.Contains(row.GetProperty("kind").GetString(), new[] { "exact", "fast", "compact" }));
        Assert.All(rows, static row => Assert.True(row.GetProperty("qps").GetDouble() > 0));

        (code, _, error) = await Bench($"{set} --load {File("made")}");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
    }

    [Fact]
    public async Task Run_WithTheTruthItSaved_GivesTheSameRecallOnSeveralThreads()
    {
        string set = $"--base {Npy("b", 300, 8)} --queries {Npy("q", 50, 8)} --metric l2 --index flat --rounds 1 --recall 1 --json -";
        await Bench($"{set} --save-truth {File("t.ivecs")}");
        (int code, string output, _) = await Bench($"{set} --truth {File("t.ivecs")} --threads 3");
        Assert.Equal(ExitCode.Ok, code);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal(1, json.RootElement.GetProperty("rows")[0].GetProperty("recall").GetDouble());
        Assert.Equal(3, json.RootElement.GetProperty("options").GetProperty("threads").GetInt32());
    }

    [Fact]
    public async Task Run_WithTheIndexItSaved_LoadsIt()
    {
        string set = $"--base {Npy("b", 300, 8)} --queries {Npy("q", 50, 8)} --metric l2 --index flat --rounds 1 --recall 1 --json -";
        await Bench($"{set} --save {File("made")}");
        (int code, string output, string error) = await Bench($"{set} --load {File("made")} --resident");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement row = json.RootElement.GetProperty("rows")[0];
        Assert.Equal(1, row.GetProperty("recall").GetDouble());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("build_s").ValueKind);
        Assert.Equal(JsonValueKind.Number, row.GetProperty("load_s").ValueKind);
    }

    [Fact]
    public async Task Run_WithASavedIndexOfOtherRows_Says1()
    {
        string queries = Npy("q", 50, 8);
        await Bench($"--base {Npy("b", 300, 8)} --queries {queries} --metric l2 --index flat --rounds 1 --save {File("made")}");
        (int code, _, string error) = await Bench($"--base {Npy("b2", 310, 8)} --queries {queries} --metric ip --index flat --rounds 1 --load {File("made")}");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("flat.index is over 300 rows of 8 dimensions, l2; the set has 310 of 8, ip", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithTruthOfFewerQueries_Says1()
    {
        string rows = Npy("b", 300, 8);
        await Bench($"--base {rows} --queries {Npy("q", 50, 8)} --metric l2 --index flat --rounds 1 --save-truth {File("t.ivecs")}");
        (int code, _, string error) = await Bench($"--base {rows} --queries {Npy("q2", 60, 8)} --metric l2 --index flat --rounds 1 --truth {File("t.ivecs")}");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("truth of 50 queries; there are 60", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Truth_OfASmallSet_IsWhatBenchReads()
    {
        string set = $"--base {Npy("b", 300, 8)} --queries {Npy("q", 50, 8)} --metric cosine";
        (int code, string output, _) = await CliRun.Of(["index", "truth", .. set.Split(' '), "--k", "20", "--out", File("t.ivecs")]);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("the best 20 rows of 50 queries", output, StringComparison.Ordinal);
        (int benchCode, _, string error) = await Bench($"{set} --truth {File("t.ivecs")} --index flat --rounds 1");
        Assert.Equal((ExitCode.Ok, ""), (benchCode, error));
    }

    [Theory]
    [InlineData("--metric ip", "--base")]
    [InlineData("--base b.npy --queries q.npy", "--metric")]
    [InlineData("--base b.npy --queries q.npy --metric dot", "--metric is ip, cosine or l2, not 'dot'")]
    [InlineData("--base b.npy --queries q.npy --metric ip --index flat,flta", "not 'flta'")]
    [InlineData("--base b.npy --queries q.npy --metric ip --recall 0.9,1.5", "--recall takes numbers above 0 and at most 1, separated by commas, not '1.5'")]
    [InlineData("--base b.npy --queries q.npy --metric ip --width 0", "--width takes numbers 1 to 1000000, separated by commas, not '0'")]
    [InlineData("--base b.npy --queries q.npy --metric ip --width 10 --recall 0.9", "--recall and --width cannot go together")]
    [InlineData("--base b.npy --queries q.npy --metric ip --save a --load b", "--save and --load cannot go together")]
    [InlineData("--base b.npy --queries q.npy --metric ip --resident", "--resident goes with --load")]
    [InlineData("--base b.npy --queries q.npy --metric ip --threads 0", "--threads must be 1 to 1024, not 0")]
    [InlineData("--base b.npy --queries q.npy --metric ip --build-threads -1", "--build-threads must be 0 to 1024, not -1")]
    public async Task Run_WithWrongUsage_Says2AndWhat(string line, string expected)
    {
        (int code, string output, string error) = await Bench(line);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Contains("usage: inference index bench", error, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Fact]
    public async Task Run_WithFilesThatCannotBe_Says1AndWhich()
    {
        string good = Npy("b", 30, 8);
        float[] holed = SeededVectors.Uniform(80, 1);
        holed[17] = float.NaN;
        NpyFile.Write(File("nan.npy"), holed, 10, 8);
        NpyFile.Write(File("empty.npy"), [], 0, 8);
        System.IO.File.WriteAllText(File("v.csv"), "1,2");
        (string Base, string Queries, string Expected)[] cases =
        [
            (good, Npy("q", 5, 9), "has 9 dimensions"),
            (good, File("nan.npy"), "Row 2 holds NaN at position 1"),
            (File("nan.npy"), good, "nan.npy: Row 2 holds NaN"),
            (good, File("empty.npy"), "empty.npy has no rows"),
            (File("none.npy"), good, "none.npy"),
            (File("v.csv"), good, "are read from .npy, .fvecs and .bvecs files"),
        ];
        foreach ((string rows, string queries, string expected) in cases)
        {
            (int code, string output, string error) = await Bench($"--base {rows} --queries {queries} --metric ip --index flat");
            Assert.Equal(ExitCode.Failed, code);
            Assert.Contains(expected, error, StringComparison.Ordinal);
            Assert.DoesNotContain("bug", error, StringComparison.Ordinal);
            Assert.Empty(output);
        }
    }

    private static Task<CliRun> Bench(string line) => CliRun.Of(["index", "bench", .. line.Split(' '), "--warmup", "0"]);

    private string File(string name) => Path.Combine(_folder, name);

    private string Npy(string name, int rows, int dimension)
    {
        NpyFile.Write(File(name + ".npy"), SeededVectors.Uniform(rows * dimension, rows), rows, dimension);
        return File(name + ".npy");
    }
}
