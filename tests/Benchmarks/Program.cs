using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Benchmarks.Comparison;
using Benchmarks.Models;
using Benchmarks.Loading;
using Benchmarks.OffPolicy;
using Benchmarks.Onnx;
using Benchmarks.Peers;
using Benchmarks.Report;
using Benchmarks.Serving;
using Benchmarks.Storage;
using Benchmarks.Towers;
using Benchmarks.Training;
using Benchmarks.Transport;
using Benchmarks.Vectors;

// The first argument names a report of our own, or a part that a script of load-tests drives; anything else goes to BenchmarkDotNet (--filter, --list, …).
return args switch
{
    ["batching", .. string[] rest] => await BatchingReport.RunAsync(rest),
    ["data-folder", .. string[] rest] => DataFolderReport.Run(rest),
    ["exact-scan", .. string[] rest] => ExactScan.Run(rest),
    ["filters", .. string[] rest] => await FilterReport.RunAsync(rest),
    ["fusion"] => await FusionReport.RunAsync(),
    ["goodput", .. string[] rest] => await GoodputReport.RunAsync(rest),
    ["goodput-bundle", var folder] => await GoodputBundle.WriteAsync(folder),
    ["gpu-exact", .. string[] rest] => await GpuExactReport.RunAsync(rest),
    ["index-file", .. string[] rest] => IndexFileReport.Run(rest),
    ["index-filters", .. string[] rest] => IndexFilters.Run(rest),
    ["kernel-table"] => KernelTable.Run(),
    ["live", .. string[] rest] => LiveReport.Run(rest),
    ["model-leak", .. string[] rest] => await LeakReport.RunAsync(rest),
    ["otlp-sink", .. string[] rest] => await OtlpSink.RunAsync(rest),
    ["peer-data", var bundle, var folder] => await PeerData.WriteAsync(bundle, folder),
    ["peer-truth", .. string[] rest] => await PeerTruth.RunAsync(rest),
    ["peer-recall", .. string[] rest] => await PeerRecall.RunAsync(rest),
    ["onnx", .. string[] rest] => OnnxRunReport.Run(rest),
    ["recall-bundle", .. string[] rest] => await RecallBundle.WriteAsync(rest),
    ["replay", .. string[] rest] => ReplayBench.Run(rest),
    ["retrieval", .. string[] rest] => await RetrievalReport.RunAsync(rest),
    ["stream", .. string[] rest] => await StreamReport.RunAsync(rest),
    ["shadow", .. string[] rest] => await ShadowCost.RunAsync(rest),
    ["start", .. string[] rest] => await StartReport.RunAsync(rest),
    ["state", .. string[] rest] => await StateReport.RunAsync(rest),
    ["swaps", .. string[] rest] => await SwapReport.RunAsync(rest),
    ["ranked-bundle", var source, var folder] => await RankedBundle.WriteAsync(source, folder),
    ["report", .. string[] rest] => ReadmeFigures.Run(rest),
    ["transport-server", .. string[] rest] => await TransportServer.RunAsync(rest),
    ["transport-request"] => TransportServer.WriteRequest(),
    [] => Usage(),
    _ => RunBenchmarkDotNet(args),
};

static int Usage()
{
    Console.Error.WriteLine("usage: batching [OPTIONS] | data-folder [OPTIONS] | exact-scan [OPTIONS] | fusion | goodput [OPTIONS] | gpu-exact [OPTIONS] | index-file [OPTIONS] | index-filters [OPTIONS] | live [OPTIONS] | model-leak [OPTIONS] | onnx [OPTIONS] | replay [OPTIONS] | report [OPTIONS] | retrieval [OPTIONS] | shadow [OPTIONS] | start [OPTIONS] | state [OPTIONS] | stream [OPTIONS] | --list flat | --filter '*Kernel*' [BenchmarkDotNet options]");
    return 2;
}

static int RunBenchmarkDotNet(string[] arguments)
{
    // In this process: BenchmarkDotNet would build every project again into one folder, where the generated gRPC sources are not found.
    IEnumerable<Summary> summaries = BenchmarkSwitcher.FromAssembly(typeof(ExactScan).Assembly).Run([.. arguments, "--inProcess"]);
    return summaries.Any(static summary => summary.HasCriticalValidationErrors || summary.Reports.Any(static report => !report.Success)) ? 1 : 0;
}
