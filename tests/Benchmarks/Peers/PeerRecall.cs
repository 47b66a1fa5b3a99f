using System.Globalization;
using System.Text.Json;
using Grpc.Net.Client;
using Recsys.V1;

namespace Benchmarks.Peers;

/// <summary>
/// <c>peer-recall TRUTH.json ADDRESS</c>: asks a server for ten items of each user of the truth, and prints the share of the true ones that it found as JSON. Exits 1 where a reply is no answer to be compared: short, not of the user tower, or with
/// scores out of order. An item whose score reaches that of the tenth true one counts, so that ties do.
/// </summary>
internal static class PeerRecall
{
    /// <summary>Two programs that add in another order differ by that much of a score.</summary>
    private const float Rounding = 1e-5f;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var truth, var address])
        {
            Console.Error.WriteLine("usage: peer-recall TRUTH.json ADDRESS");
            return 2;
        }

        PeerTruth.Answer[] answers = JsonSerializer.Deserialize<PeerTruth.Answer[]>(await File.ReadAllTextAsync(truth))!;
        using GrpcChannel channel = GrpcChannel.ForAddress(address);
        var client = new RecommendationService.RecommendationServiceClient(channel);
        long found = 0, wanted = 0, bytes = 0;
        foreach (PeerTruth.Answer answer in answers)
        {
            RecommendResponse reply = await client.RecommendAsync(new RecommendRequest { UserId = answer.Id, Limit = answer.Items.Length });
            if (reply.Items.Count != answer.Items.Length || reply.ServedBy is not (Rung.UserTower or Rung.CachedEmbedding) || reply.RequestId.Length == 0 || reply.NextPageToken.Length == 0
                || reply.Items.Any(item => item.Source != "towers" || item.Propensity != 1) || !reply.Items.Select(item => item.Score).SequenceEqual(reply.Items.Select(item => item.Score).OrderDescending()))
            {
                Console.Error.WriteLine($"peer-recall: the reply to {answer.Id} cannot be compared: {reply}");
                return 1;
            }

            var right = answer.Items.ToHashSet();
            float least = answer.Worst - Math.Abs(answer.Worst) * Rounding;
            found += reply.Items.Count(item => right.Contains(item.ItemId) || item.Score >= least);
            wanted += answer.Items.Length;
            bytes += reply.CalculateSize();
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"users\":{answers.Length},\"recall\":{(double)found / wanted:0.0000},\"reply_bytes\":{(double)bytes / answers.Length:0}}}"));
        return 0;
    }
}
