using System.CommandLine;
using System.Globalization;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Cli.IndexBench;
using Inference.Vectors;

namespace Inference.Cli.Verbs;

/// <summary>`index truth`: finds the best rows of each query by exact search, once for all measurements of a set.</summary>
internal static class IndexTruthVerb
{
    public static Verb Create(CommandHost host)
    {
        Option<string> rows = BenchInputs.File("--base", BenchInputs.RowsDescription, required: true);
        Option<string> queries = BenchInputs.File("--queries", BenchInputs.QueriesDescription, required: true);
        Option<Metric> metric = BenchInputs.Metric();
        Option<int> k = Numbers.Option("--k", "Rows for each query; measurements may ask for fewer", 10, 1, 10_000);
        Option<string> output = BenchInputs.File("--out", "The .ivecs file to write", required: true);
        var command = new Command("truth", "Find the best rows of each query by exact search, for index bench --truth") { rows, queries, metric, k, output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetRequiredValue(output);
            (int queryCount, int columns) = await host.WithProgressAsync(begin => Task.Run(
                () =>
                {
                    begin("reading");
                    using BenchSet set = BenchSet.Read(parsed.GetRequiredValue(rows), parsed.GetRequiredValue(queries), parsed.GetValue(metric));
                    int[][] best = ExactSearch.Best(set, Math.Min(parsed.GetValue(k), set.Rows.Count), begin("exact search"), cancellationToken);
                    VecsFile.WriteIntegers(path, best);
                    return (best.Length, best[0].Length);
                },
                cancellationToken));
            host.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: the best {columns} rows of {queryCount:N0} queries"));
            return ExitCode.Ok;
        });
        return new Verb(command, "inference index truth --base base.npy --queries query.npy --metric l2 --out truth.ivecs");
    }
}
