using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Grpc.Net.Client;
using Recsys.V1;

namespace Benchmarks.Peers;

/// <summary>
/// <c>peer-truth DATA ADDRESS USERS RESULT.json</c>: the true ten best items of a sample of users, by the embeddings that our server gives for them and all inner products in fp32, without what they have seen. Nothing of any index is in it.
/// </summary>
internal static class PeerTruth
{
    private const int Wanted = 10, Batch = 256;

    /// <param name="Id">The user.</param>
    /// <param name="Items">Ids, best first.</param>
    /// <param name="Worst">The score of the last of them: who has as much is right, too.</param>
    internal sealed record Answer(string Id, string[] Items, float Worst);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var folder, var address, var number, var result])
        {
            Console.Error.WriteLine("usage: peer-truth DATA ADDRESS USERS RESULT.json");
            return 2;
        }

        string[] ids = await File.ReadAllLinesAsync(Path.Combine(folder, "items.txt"));
        byte[] bytes = await File.ReadAllBytesAsync(Path.Combine(folder, "items.f32"));
        Dictionary<string, int[]> seen = ReadSeen(Path.Combine(folder, "users.bin"));
        int dimension = bytes.Length / sizeof(float) / ids.Length, sample = Math.Min(int.Parse(number, CultureInfo.InvariantCulture), seen.Count);
        string[] users = [.. seen.Keys.Where((_, i) => i % Math.Max(1, seen.Count / sample) == 0).Take(sample)];
        using GrpcChannel channel = GrpcChannel.ForAddress(address);
        var client = new RecommendationService.RecommendationServiceClient(channel);
        var answers = new Answer[users.Length];
        for (int from = 0; from < users.Length; from += Batch)
        {
            string[] asked = users[from..Math.Min(users.Length, from + Batch)];
            EmbedUsersResponse embedded = await client.EmbedUsersAsync(new EmbedUsersRequest { Users = { asked.Select(id => new UserInput { UserId = id }) } });
            int begin = from;
            Parallel.For(0, asked.Length, i => answers[begin + i] = Search(asked[i], [.. embedded.Embeddings[i].Values], MemoryMarshal.Cast<byte, float>(bytes), dimension, ids, [.. seen[asked[i]]]));
        }

        await File.WriteAllTextAsync(result, JsonSerializer.Serialize(answers));
        return 0;
    }

    private static Answer Search(string user, float[] query, ReadOnlySpan<float> items, int dimension, string[] ids, HashSet<int> seen)
    {
        var best = new PriorityQueue<int, float>();
        for (int row = 0; row < ids.Length; row++)
        {
            float score = System.Numerics.Tensors.TensorPrimitives.Dot(query, items.Slice(row * dimension, dimension));
            if (best.Count < Wanted ? !seen.Contains(row) : best.TryPeek(out _, out float worst) && score > worst && !seen.Contains(row))
            {
                best.Enqueue(row, score);
                if (best.Count > Wanted)
                    best.Dequeue();
            }
        }

        best.TryPeek(out _, out float last);
        var found = new List<string>();
        while (best.TryDequeue(out int row, out _))
            found.Add(ids[row]);
        found.Reverse();
        return new Answer(user, [.. found], last);
    }

    /// <summary>Rows that each user has seen; the layout is on <see cref="PeerData"/>.</summary>
    private static Dictionary<string, int[]> ReadSeen(string path)
    {
        using var file = new BinaryReader(new BufferedStream(File.OpenRead(path), 1 << 20));
        int users = file.ReadInt32(), inputs = file.ReadInt32();
        var seen = new Dictionary<string, int[]>(users);
        for (int user = 0; user < users; user++)
        {
            string id = System.Text.Encoding.UTF8.GetString(file.ReadBytes(file.ReadUInt16()));
            file.ReadBytes(inputs * sizeof(long));
            file.ReadBytes(file.ReadInt32() * sizeof(int));
            int[] rows = new int[file.ReadInt32()];
            for (int i = 0; i < rows.Length; i++)
                rows[i] = file.ReadInt32();
            seen.Add(id, rows);
        }

        return seen;
    }
}
