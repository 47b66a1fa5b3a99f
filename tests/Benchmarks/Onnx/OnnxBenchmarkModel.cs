using Microsoft.ML.OnnxRuntime;

namespace Benchmarks.Onnx;

/// <summary>The model that is measured, and a session on one thread.</summary>
internal static class OnnxBenchmarkModel
{
    /// <summary>
    /// The user tower trained on the Online Retail data, which lies outside the repository: in the folder that the environment variable
    /// <c>INFERENCE_SHARED</c> names, or in a folder <c>shared</c> in or beside any folder above. Null where it is not there.
    /// </summary>
    public static string? Find()
    {
        const string Tower = "towers/online-retail/user_tower.onnx";
        if (Environment.GetEnvironmentVariable("INFERENCE_SHARED") is { Length: > 0 } named)
            return Path.Combine(named, Tower);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", Tower);
            if (File.Exists(candidate))
                return candidate;
        }
        return null;
    }

    public static InferenceSession Open(string path)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return new InferenceSession(path, options);
    }
}
