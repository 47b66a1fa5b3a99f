using BenchmarkDotNet.Running;
using Benchmarks.Onnx;

// The first argument names a report of our own; anything else goes to BenchmarkDotNet (--filter, --list, …).
return args switch
{
    ["onnx", .. string[] rest] => OnnxRunReport.Run(rest),
    _ => RunBenchmarkDotNet(args),
};

static int RunBenchmarkDotNet(string[] arguments)
{
    // In this process: BenchmarkDotNet would build every project again into one folder, where the generated gRPC sources are not found.
    BenchmarkSwitcher.FromAssembly(typeof(OnnxRunReport).Assembly).Run([.. arguments, "--inProcess"]);
    return 0;
}
