using System.Globalization;
using System.Text.Json;
using Grpc.Net.Client;
using Recsys.V1;

namespace Benchmarks.Serving;

/// <summary>
/// `retrieval`: what each part of a reply adds to a Recommend call: more retrievers, a ranking model, a filter, diversity, caps, explanations. One call at a time; all kinds of requests take turns in
/// each round, and medians over the rounds are compared with the first kind. Driven by load-tests/retrieval.sh, which starts the server on a core of its own.
/// </summary>
internal static class RetrievalReport
{
    public static async Task<int> RunAsync(string[] args)
    {
        string? address = null, json = null;
        int pid = 0, rounds = 7, calls = 300;
        string filter = "price < 20";
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--address" => (address = value) is not null,
                "--pid" => int.TryParse(value, CultureInfo.InvariantCulture, out pid),
                "--rounds" => int.TryParse(value, CultureInfo.InvariantCulture, out rounds) && rounds > 0,
                "--calls" => int.TryParse(value, CultureInfo.InvariantCulture, out calls) && calls > 0,
                "--filter" => (filter = value ?? "").Length > 0,
                "--json" => (json = value) is not null,
                _ => false,
            };
            if (!understood)
                address = null;
        }

        if (address is null || pid == 0)
        {
            Console.Error.WriteLine("usage: retrieval --address URL --pid PID [--rounds N] [--calls N] [--filter EXPRESSION] [--json FILE]      (through load-tests/retrieval.sh)");
            return 2;
        }

        using var channel = GrpcChannel.ForAddress(address);
        var client = new RecommendationService.RecommendationServiceClient(channel);
        RetrievalKind[] kinds = [.. RetrievalKind.All(filter)];
        var samples = kinds.Select(_ => new List<RetrievalSample>()).ToArray();
        var labels = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < kinds.Length; i++)
            {
                RetrievalSample sample = await MeasureAsync(client, kinds[i], pid, calls, round, labels);
                // The round before the first warms all of them.
                if (round >= 0)
                    samples[i].Add(sample);
            }
        }

        RetrievalRow[] rows = [.. kinds.Select((kind, i) => RetrievalRow.Of(kind.Name, samples[i], samples[0]))];
        Console.WriteLine(RetrievalRow.Head);
        foreach (RetrievalRow row in rows)
            Console.WriteLine(row.ToString());
        foreach ((string label, int count) in labels)
            Console.WriteLine($"{label}: {count}");
        if (json is not null)
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(new { Machine = Machine.Processor(), rounds, calls, filter, rows, labels }, Machine.Json) + Environment.NewLine);
        return 0;
    }

    private static async Task<RetrievalSample> MeasureAsync(RecommendationService.RecommendationServiceClient client, RetrievalKind kind, int pid, int calls, int round, SortedDictionary<string, int> labels)
    {
        var times = new double[calls];
        long bytes = 0;
        int labelled = 0;
        // The same users for all kinds and rounds: what a server keeps of active users and of the items they touched is there. Kinds of new sessions have other items in each round.
        var random = new Random(round);
        long processor = ProcessorTicks(pid);
        for (int call = 0; call < calls; call++)
        {
            RecommendRequest request = kind.Make($"u{1 + call}", random);
            long begin = TimeProvider.System.GetTimestamp();
            RecommendResponse response = await client.RecommendAsync(request);
            times[call] = TimeProvider.System.GetElapsedTime(begin).TotalMicroseconds;
            bytes += response.CalculateSize();
            labelled += response.Degraded.Count > 0 || response.Items.Count < request.Limit ? 1 : 0;
            foreach (Degradation label in response.Degraded)
            {
                string key = $"{kind.Name}: {label.Component} {label.Reason}";
                labels[key] = labels.GetValueOrDefault(key) + 1;
            }
        }

        processor = ProcessorTicks(pid) - processor;
        Array.Sort(times);
        return new RetrievalSample(times[calls / 2], times[Math.Min(calls - 1, calls * 99 / 100)], (double)bytes / calls, processor * 10_000.0 / calls, labelled);
    }

    /// <summary>User and system time of a process, in hundredths of a second.</summary>
    private static long ProcessorTicks(int pid)
    {
        string line = File.ReadAllText($"/proc/{pid}/stat");
        string[] fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }
}
