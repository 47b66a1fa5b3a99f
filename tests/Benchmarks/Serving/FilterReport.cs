using System.Globalization;
using System.Text.Json;
using Grpc.Net.Client;
using Recsys.V1;

namespace Benchmarks.Serving;

/// <summary>
/// What filters cost and whether recall holds under them, through the RPC: one server answers by its index, another with the same bundle by exact search; both are asked for the same users and filters. Driven by load-tests/filters.sh.
/// The filters read attributes of the demo world that have nothing to do with taste, so that each selects its share of every user's best items as well.
/// </summary>
internal static class FilterReport
{
    private static readonly (string Share, string Filter)[] Filters =
    [
        ("all", ""),
        ("50 %", "stock > 40"),
        ("10 %", "stock >= 81"),
        ("1 %", "stock = 90"),
        ("0.1 %", "stock = 90 and available_from > time(\"2024-11-25\")"),
    ];

    /// <param name="arguments">ADDRESS EXACT_ADDRESS KNOWN_USERS ASKED_USERS LIMIT RESULT.json</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var address, var exactAddress, var knownUsers, var askedUsers, var asked, var result])
        {
            Console.Error.WriteLine("usage: filters ADDRESS EXACT_ADDRESS KNOWN_USERS ASKED_USERS LIMIT RESULT.json");
            return 2;
        }

        int known = int.Parse(knownUsers, CultureInfo.InvariantCulture), users = int.Parse(askedUsers, CultureInfo.InvariantCulture), limit = int.Parse(asked, CultureInfo.InvariantCulture);
        using GrpcChannel channel = GrpcChannel.ForAddress(address), exactChannel = GrpcChannel.ForAddress(exactAddress);
        var client = new RecommendationService.RecommendationServiceClient(channel);
        var exact = new RecommendationService.RecommendationServiceClient(exactChannel);
        var rows = new List<object>();
        Console.WriteLine("| eligible | filter | first call ms | p50 ms | p99 ms | recall@" + limit + " |");
        Console.WriteLine("| --- | --- | ---: | ---: | ---: | ---: |");
        foreach ((string share, string filter) in Filters)
        {
            RecommendRequest Of(int user) => new()
            {
                UserId = string.Create(CultureInfo.InvariantCulture, $"u{1 + ((user * 7) % known)}"), Filter = filter, Limit = limit, Options = new() { IncludeSeen = true },
            };

            double first = await TimeAsync(client, Of(0));
            for (int user = 0; user < users; user++)
                await client.RecommendAsync(Of(user));
            double[] times = new double[users];
            for (int user = 0; user < users; user++)
                times[user] = await TimeAsync(client, Of(user));
            Array.Sort(times);
            long found = 0, wanted = 0;
            for (int user = 0; user < users; user++)
            {
                HashSet<string> truth = [.. (await exact.RecommendAsync(Of(user))).Items.Select(item => item.ItemId)];
                wanted += truth.Count;
                found += (await client.RecommendAsync(Of(user))).Items.Count(item => truth.Contains(item.ItemId));
            }

            double recall = wanted == 0 ? 1 : (double)found / wanted, p50 = times[users / 2], p99 = times[Math.Min(users - 1, users * 99 / 100)];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {share} | `{filter}` | {first:0.00} | {p50:0.000} | {p99:0.000} | {recall:0.0000} |"));
            rows.Add(new { share, filter, firstCallMs = first, p50Ms = p50, p99Ms = p99, recall, wanted });
        }

        var report = new { machine = Machine.Processor(), at = TimeProvider.System.GetUtcNow(), users, limit, rows };
        await File.WriteAllTextAsync(result, JsonSerializer.Serialize(report, Machine.Json) + "\n");
        return 0;
    }

    private static async Task<double> TimeAsync(RecommendationService.RecommendationServiceClient client, RecommendRequest request)
    {
        long start = TimeProvider.System.GetTimestamp();
        await client.RecommendAsync(request);
        return TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
    }
}
