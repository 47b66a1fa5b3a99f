using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Benchmarks.Onnx;

/// <summary>
/// <c>Benchmarks onnx [--model FILE] [--length N] [--runs N] [--json FILE]</c>: latency percentiles and managed bytes of one run at batch 1
/// and 32, with values that exist already and with an I/O binding, on one thread. Every run is timed by itself.
/// </summary>
internal static class OnnxRunReport
{
    private const string Usage = "usage: onnx [--model FILE] [--length N] [--runs N] [--json FILE]";
    private static readonly int[] s_batches = [1, 32];

    /// <returns>0, or 2 for a usage error.</returns>
    public static int Run(string[] arguments)
    {
        string? model = OnnxBenchmarkModel.Find();
        string? json = null;
        int length = 10, runs = 20_000;
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string? value = i + 1 < arguments.Length ? arguments[i + 1] : null;
            bool understood = (arguments[i], value) switch
            {
                ("--model", not null) => (model = value) is not null,
                ("--json", not null) => (json = value) is not null,
                ("--length", not null) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out length) && length > 0,
                ("--runs", not null) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out runs) && runs > 0,
                _ => false,
            };
            if (!understood)
                return Refuse($"cannot read {arguments[i]} {value}");
        }
        if (model is null || !File.Exists(model))
            return Refuse(model is null ? "the retail user tower is not there: give --model, or set INFERENCE_SHARED" : $"there is no file {model}");

        using InferenceSession session = OnnxBenchmarkModel.Open(model);
        var rows = new List<Row>();
        Console.WriteLine($"{Path.GetFileName(model)}, length {length}, one thread, ONNX Runtime {OrtEnv.Instance().GetVersionString()}, {runs} runs each");
        Console.WriteLine("batch  mode      p50 µs    p99 µs  bytes/run");
        foreach (int batch in s_batches)
        {
            using var values = new OnnxModelInputs(session, batch, length);
            using OrtIoBinding binding = session.CreateIoBinding();
            values.BindTo(binding);
            using var options = new RunOptions();
            rows.Add(Measure("values", batch, runs, () => session.Run(options, values.InputNames, values.Inputs, values.OutputNames, values.Outputs)));
            rows.Add(Measure("binding", batch, runs, () => session.RunWithBinding(options, binding)));
        }
        if (json is not null)
            File.WriteAllText(json, JsonSerializer.Serialize(new Report(Path.GetFileName(model), length, RuntimeInformation.OSDescription, Environment.ProcessorCount, rows), s_json));
        return 0;
    }

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private static Row Measure(string mode, int batch, int runs, Action run)
    {
        // Long enough for the tiered JIT to have settled on its last code.
        long warmUp = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs / 10 || Stopwatch.GetElapsedTime(warmUp) < TimeSpan.FromMilliseconds(500); i++)
            run();

        double[] microseconds = new double[runs];
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            microseconds[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

        Array.Sort(microseconds);
        var row = new Row(batch, mode, runs, microseconds[runs / 2], microseconds[(int)(runs * 0.99)], (double)allocated / runs);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{batch,5}  {mode,-8}{row.P50Us,8:F1}{row.P99Us,10:F1}{row.AllocatedBytesPerRun,11:F2}"));
        return row;
    }

    private static int Refuse(string reason)
    {
        Console.Error.WriteLine(reason);
        Console.Error.WriteLine(Usage);
        return 2;
    }

    private sealed record Row(int Batch, string Mode, int Runs, double P50Us, double P99Us, double AllocatedBytesPerRun);

    private sealed record Report(string Model, int Length, string System, int Processors, List<Row> Rows);
}
