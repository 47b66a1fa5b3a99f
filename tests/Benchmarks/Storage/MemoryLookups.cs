using System.Diagnostics;
using Inference.Recommendations.Users;
using Inference.Storage;
using Inference.Storage.Embeddings;

namespace Benchmarks.Storage;

/// <summary>Lookups that memory answers: decoding included, one thread, users in random order. Beside it the conversion to single precision alone.</summary>
internal static class MemoryLookups
{
    private const int Users = 100_000;

    public static List<LookupRow> Measure(int dimension, int rounds, TimeSpan turn)
    {
        var embeddings = new TwoLevelEmbeddings(new StateOptions { EmbeddingCacheBytes = 1L << 30 }, null, StateReport.NewMetrics(), TimeProvider.System);
        float[] vector = StateReport.Vector(dimension, 1);
        byte[] encoded = EmbeddingCodec.Encode(vector, 1, TimeProvider.System.GetUtcNow());
        for (int i = 0; i < Users; i++)
            embeddings.Set(StateReport.Space, StateReport.User(i), 1, vector);
        var random = new Random(1);
        UserKey[] order = [.. Enumerable.Range(0, 1 << 16).Select(_ => StateReport.User(random.Next(Users)))];

        (string Name, Action<int> Call)[] contestants =
        [
            ("decoding alone", _ => EmbeddingCodec.Decode(encoded, vector)),
            ("memory", i =>
            {
                if (!FoundAtOnce(embeddings.TryGetAsync(StateReport.Space, order[i & 0xFFFF], 1, vector, default)))
                    throw new InvalidOperationException("It is not in memory.");
            }),
        ];
        var rates = new double[contestants.Length][];
        var allocated = new double[contestants.Length];
        for (int c = 0; c < contestants.Length; c++)
            rates[c] = new double[rounds];
        for (int round = -1; round < rounds; round++)
        {
            for (int c = 0; c < contestants.Length; c++)
            {
                long bytes = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
                int calls = 0;
                while (Stopwatch.GetElapsedTime(start) < turn)
                {
                    for (int i = 0; i < 1024; i++)
                        contestants[c].Call(calls++);
                }

                TimeSpan took = Stopwatch.GetElapsedTime(start);
                if (round < 0)
                    continue;
                rates[c][round] = calls / took.TotalSeconds;
                allocated[c] = (GC.GetAllocatedBytesForCurrentThread() - bytes) / (double)calls;
            }
        }

        List<LookupRow> rows = [];
        for (int c = 0; c < contestants.Length; c++)
        {
            double rate = rates[c].Max();
            rows.Add(new LookupRow(contestants[c].Name, dimension, 1, rate, Rounds.Ratio(rates[c], rates[0]), 1e6 / rate, null, allocated[c]));
        }

        return rows;
    }

    private static bool FoundAtOnce(ValueTask<bool> found) => found.IsCompletedSuccessfully && found.Result;
}
