using Inference.Towers.Bundles;
using Inference.Towers.Runtime;
using Inference.Vectors;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.DeviceSearch;

/// <summary>Opens the search of a bundle's items on the device that the configuration names.</summary>
internal static class DeviceSearchOpener
{
    /// <summary>The part's name in <see cref="ProviderUse"/> and in messages.</summary>
    public const string Part = "index";

    /// <summary>Products of tensor cores with ten bits of precision would not be those that a proof is about; whoever wants them says so.</summary>
    private const string ExactProducts = "cuda.use_tf32=0", RoundedProducts = "1";

    /// <summary>Opens the search; null where it is refused, with the reasons reported, and where a fallback to the CPU is allowed: there the index itself is the better choice.</summary>
    /// <param name="use">What became of the wanted provider; null where the search is refused.</param>
    public static OnnxDeviceSearch? Open(
        LiveIndex index, ItemIndexOptions options, TowerOptions towers, ILogger logger, TimeProvider time, BundleProblems problems, CancellationToken cancellationToken, out ProviderUse? use)
    {
        IReadOnlyList<string> providers = options.DeviceProviders.Count > 0 ? options.DeviceProviders : towers.Providers;
        byte[] model = TopKModel.Make(ItemVectors.ColumnsFor(index.Metric, index.Dimension), options.DeviceHalf);
        var opener = new SessionOpener(towers, providers, logger);
        OpenedSession? opened = opener.Open(Part, session => new InferenceSession(model, session), out string? refusal, defaults: [ExactProducts]);
        use = opened?.Use;
        if (opened is null)
        {
            problems.Add(Part, refusal!);
            return null;
        }

        if (opened.Use.IsFallback && opened.Providers[0] == ExecutionProviders.Cpu)
        {
            LetGo(opened);
            return null;
        }

        bool isProven = !options.DeviceHalf && ProviderSettings.Of(ExecutionProviders.Cuda, towers.ProviderOptions).GetValueOrDefault("use_tf32") != RoundedProducts;
        try
        {
            var search = new OnnxDeviceSearch(index, opened, new DeviceSearchSettings(options.DeviceHalf, isProven, options.DeviceMaxBatch, towers.MaxBulkRun), logger, time, cancellationToken);
            logger.DeviceSearchServed(string.Join(", ", opened.Providers), index.Count, search.MatrixBytes);
            return search;
        }
        catch (OnnxRuntimeException e)
        {
            LetGo(opened);
            use = null;
            if (towers.ProviderFallback && opened.Providers[0] != ExecutionProviders.Cpu)
            {
                logger.ProviderSkipped(Part, opened.Providers[0], e.Message);
                TowerMetrics.FellBack(Part, opened.Providers[0]);
                use = new ProviderUse(Part, providers[0], ExecutionProviders.Cpu, e.Message);
            }
            else
            {
                problems.Add(Part, $"cannot be searched on {opened.Providers[0]}: {e.Message}");
            }

            return null;
        }
        catch
        {
            LetGo(opened);
            throw;
        }
    }

    private static void LetGo(OpenedSession opened)
    {
        using Lock.Scope turn = ExecutionProviders.TurnOn(opened.Providers[0]);
        opened.Session.Dispose();
    }
}
