using System.Globalization;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Recsys.V1;

namespace Benchmarks.Serving;

/// <summary>
/// `stream`: users per second by one RecommendStream and by unary calls, on one connection each, with as many users on their way at once. The kinds take turns in each round, each with users of its own; medians
/// over the rounds, and the median of the ratios within a round. Driven by load-tests/stream.sh, which lets server and client share two cores.
/// </summary>
internal static class StreamReport
{
    private static readonly WriteOptions Together = new(WriteFlags.BufferHint);

    public static async Task<int> RunAsync(string[] args)
    {
        string? address = null, http = null, json = null, prefix = "u";
        int pid = 0, rounds = 7, count = 5_000, users = 100_000, limit = 10;
        int[] concurrencies = [16, 64];
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--address" => (address = value) is not null,
                "--http" => (http = value) is not null,
                "--pid" => int.TryParse(value, CultureInfo.InvariantCulture, out pid),
                "--rounds" => int.TryParse(value, CultureInfo.InvariantCulture, out rounds) && rounds > 0,
                "--calls" => int.TryParse(value, CultureInfo.InvariantCulture, out count) && count > 0,
                "--users" => int.TryParse(value, CultureInfo.InvariantCulture, out users) && users > 0,
                "--limit" => int.TryParse(value, CultureInfo.InvariantCulture, out limit) && limit > 0,
                "--prefix" => (prefix = value) is not null,
                "--json" => (json = value) is not null,
                _ => false,
            };
            if (!understood)
                address = null;
        }

        if (address is null || http is null || pid == 0)
        {
            Console.Error.WriteLine("usage: stream --address URL --http URL --pid PID [--rounds N] [--calls N] [--users N] [--prefix TEXT] [--limit N] [--json FILE]      (through load-tests/stream.sh)");
            return 2;
        }

        var server = new ServerCosts(http, pid);
        StreamKind[] kinds = [.. concurrencies.SelectMany(concurrency => new[] { new StreamKind("unary", concurrency), new StreamKind("stream", concurrency) })];
        using GrpcChannel unary = Connect(address), stream = Connect(address);
        var samples = kinds.Select(_ => new List<StreamSample>()).ToArray();
        int next = 0;
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < kinds.Length; i++)
            {
                // The other way round in every other round, so that what drifts meets both alike.
                int kind = round % 2 == 0 ? i : kinds.Length - 1 - i;
                int first = next;
                next = (next + count) % users;
                StreamSample sample = await MeasureAsync(server, kinds[kind], unary, stream, Requests(first));
                // The round before the first warms all of them.
                if (round >= 0)
                    samples[kind].Add(sample);
            }
        }

        StreamRow[] rows = [.. kinds.Select((kind, i) => StreamRow.Of(kind, samples[i], samples[i - (i % 2)]))];
        Console.WriteLine(StreamRow.Head);
        foreach (StreamRow row in rows)
            Console.WriteLine(row.ToString());
        if (json is not null)
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(new { Machine = Machine.Processor(), rounds, calls = count, prefix, limit, rows }, Machine.Json) + Environment.NewLine);
        return rows.All(row => row.Labelled == 0) ? 0 : 1;

        RecommendRequest[] Requests(int first) => [.. Enumerable.Range(0, count).Select(i => new RecommendRequest { UserId = $"{prefix}{1 + ((first + i) % users)}", Limit = limit })];
    }

    private static GrpcChannel Connect(string address) =>
        GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false, UseProxy = false }, DisposeHttpClient = true });

    private static async Task<StreamSample> MeasureAsync(ServerCosts server, StreamKind kind, GrpcChannel unary, GrpcChannel stream, RecommendRequest[] requests)
    {
        (double Processor, double Allocated) before = await server.ReadAsync();
        long begin = TimeProvider.System.GetTimestamp();
        int labelled = kind.Name == "unary"
            ? await CallAsync(new RecommendationService.RecommendationServiceClient(unary), requests, kind.Concurrency)
            : await StreamAsync(new RecommendationService.RecommendationServiceClient(stream), requests, kind.Concurrency);
        double seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
        (double Processor, double Allocated) after = await server.ReadAsync();
        return new StreamSample(requests.Length / seconds, (after.Processor - before.Processor) / requests.Length, (after.Allocated - before.Allocated) / requests.Length, labelled);
    }

    private static async Task<int> CallAsync(RecommendationService.RecommendationServiceClient client, RecommendRequest[] requests, int concurrency)
    {
        int next = -1, labelled = 0;
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < requests.Length;)
            {
                using AsyncUnaryCall<RecommendResponse> call = client.RecommendAsync(requests[i]);
                RecommendResponse response = await call.ResponseAsync.ConfigureAwait(false);
                if (response.Degraded.Count > 0)
                    Interlocked.Increment(ref labelled);
            }
        })));
        return labelled;
    }

    /// <summary>As exports ask: a window that is filled up a quarter at a time, and what is sent at one time is sent together.</summary>
    private static async Task<int> StreamAsync(RecommendationService.RecommendationServiceClient client, RecommendRequest[] requests, int concurrency)
    {
        using var free = new SemaphoreSlim(concurrency);
        using AsyncDuplexStreamingCall<RecommendStreamRequest, RecommendStreamResponse> call = client.RecommendStream();
        Task sending = Task.Run(async () =>
        {
            foreach (RecommendRequest request in requests)
            {
                await free.WaitAsync();
                call.RequestStream.WriteOptions = free.CurrentCount > 0 ? Together : WriteOptions.Default;
                await call.RequestStream.WriteAsync(new RecommendStreamRequest { Request = request });
            }

            await call.RequestStream.CompleteAsync();
        });
        int labelled = 0, taken = 0, block = Math.Max(1, concurrency / 4);
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            labelled += call.ResponseStream.Current.Response is { Degraded.Count: 0 } ? 0 : 1;
            if (++taken % block == 0)
                free.Release(block);
        }

        await sending;
        return taken == requests.Length ? labelled : throw new InvalidOperationException($"{taken} of {requests.Length} answers came.");
    }

    /// <summary>What the server has used so far.</summary>
    private sealed class ServerCosts(string http, int pid)
    {
        private readonly HttpClient _http = new() { BaseAddress = new Uri(http) };

        /// <returns>Processor time in µs, and bytes allocated.</returns>
        public async Task<(double Processor, double Allocated)> ReadAsync()
        {
            string metrics = await _http.GetStringAsync("/metrics");
            string line = Array.Find(metrics.Split('\n'), static line => line.StartsWith("dotnet_gc_heap_total_allocated_bytes_total", StringComparison.Ordinal)) ?? "0 0";
            string stat = await File.ReadAllTextAsync($"/proc/{pid}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            double ticks = double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture);
            return (ticks * 10_000, double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
        }
    }
}
