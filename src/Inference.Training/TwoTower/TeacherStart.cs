using Inference.Training.Features;
using Inference.Training.Linear;
using Inference.Training.Models;
using Inference.Training.Splits;

namespace Inference.Training.TwoTower;

/// <summary>
/// Lets a student begin as an approximation of its teacher's vectors, whatever made them.
/// <list type="number">
/// <item>Vectors of users with the beginnings of their histories, U, and of items around their mean, V, give the scores U Vᵀ. Of these, the best approximation of the student's rank (Eckart and Young, 1936) is found by the Gram
/// matrices alone: with B = (VᵀV)^½ and B UᵀU B = Y S² Yᵀ, users are mapped by B Y S^−½ and items by UᵀU B Y S^−³ᐟ².</item>
/// <item>Items get their mapped vectors, divided between content and id. History items get what the teacher's user vector changes by when the history is this one item.</item>
/// <item>Contexts get what they change of the vector of a user without history, field after field. Scales and biases by the length of the history are fitted to the users of step 1.</item>
/// </list>
/// </summary>
internal static class TeacherStart
{
    private const int MostUsers = 3_000;
    private const int ContextPasses = 2;

    /// <summary>Vectors longer than this would take minutes.</summary>
    public const int LongestVector = 512;

    public static void Apply(TowerWeights weights, ColdSplit split, ContentMatrix content, UserContexts contexts, TwoTowerOptions options, EmbeddingTeacher teacher, Lanes lanes, CancellationToken cancellationToken)
    {
        int d = weights.Sizes.Dimension, items = weights.Sizes.TrainingItems;
        RankingInput[] asked = Users(split, contexts, weights.Sizes.MaxHistory);
        double[][] users = new double[asked.Length][], vectors = new double[items][];
        lanes.Run(asked.Length, i => users[i] = Array.ConvertAll(teacher.UserVector(asked[i]), value => (double)value));
        lanes.Run(items, i => vectors[i] = Array.ConvertAll(teacher.ItemVector(i), value => (double)value));
        cancellationToken.ThrowIfCancellationRequested();
        Centre(vectors);
        (double[] userMap, double[] itemMap) = Maps(users, vectors, teacher.VectorLength, d, lanes);

        float[] output = new float[items * d], input = new float[items * d];
        float[] nobody = Mapped(teacher.UserVector(new RankingInput(default, -1)), userMap, d);
        lanes.Run(items, i =>
        {
            Map(vectors[i], itemMap, d).CopyTo(output, i * d);
            float[] one = Mapped(teacher.UserVector(new RankingInput((int[])[i], -1)), userMap, d);
            for (int j = 0; j < d; j++)
                input[i * d + j] = (one[j] - nobody[j]) * MathF.Sqrt(2);
        });
        int[] all = [.. Enumerable.Range(0, items)];
        FactorStart.Divide(content, all, output, weights.ItemContent, weights.ItemId, weights, options, lanes);
        FactorStart.Divide(content, all, input, weights.HistoryContent, weights.HistoryId, weights, options, lanes);
        for (int bucket = 0; bucket < weights.UserBias.Rows; bucket++)
            nobody.CopyTo(weights.UserBias.Row(weights.Values, bucket));
        FitContexts(weights, contexts, teacher, userMap, nobody, asked, lanes);
        FitLengths(weights, contexts, asked, [.. users.Select(user => Map(user, userMap, d))], input, nobody);
    }

    /// <summary>An even choice of training users, with beginnings of their lists of lengths from 1 on.</summary>
    private static RankingInput[] Users(ColdSplit split, UserContexts contexts, int longest)
    {
        int count = Math.Min(MostUsers, split.Training.Count);
        var users = new RankingInput[count];
        for (int i = 0; i < count; i++)
        {
            int user = (int)((long)i * split.Training.Count / count), most = Math.Min(longest, split.Training[user].Length);
            // One, two, three, five, eight ... of them, in turns.
            int length = Math.Min(most, (int)Math.Pow(1.6, i % 9));
            users[i] = new RankingInput(split.Training.Slice(user)[..length], contexts.Find(split.TrainingUserIds[user]));
        }

        return users;
    }

    private static void Centre(double[][] vectors)
    {
        double[] mean = new double[vectors[0].Length];
        foreach (double[] vector in vectors)
        {
            for (int j = 0; j < mean.Length; j++)
                mean[j] += vector[j] / vectors.Length;
        }

        foreach (double[] vector in vectors)
        {
            for (int j = 0; j < mean.Length; j++)
                vector[j] -= mean[j];
        }
    }

    /// <summary>Step 1: teacher's length × d each.</summary>
    private static (double[] Users, double[] Items) Maps(double[][] users, double[][] items, int t, int d, Lanes lanes)
    {
        double[] userGram = SymmetricEigen.Gram([.. users.SelectMany(row => row)], users.Length, t, lanes);
        double[] root = Root(SymmetricEigen.Gram([.. items.SelectMany(row => row)], items.Length, t, lanes), t);
        (double[] y, double[] squares) = SymmetricEigen.Solve(MatrixProduct.Multiply(MatrixProduct.Multiply(root, userGram, t, t, t), root, t, t, t), t);
        double[] rootY = MatrixProduct.Multiply(root, y, t, t, t), gramRootY = MatrixProduct.Multiply(userGram, rootY, t, t, t);
        double[] userMap = new double[t * d], itemMap = new double[t * d];
        for (int j = 0; j < Math.Min(t, d); j++)
        {
            double s = Math.Sqrt(Math.Max(0, squares[j]));
            if (s <= 1e-9 * Math.Sqrt(Math.Max(0, squares[0])))
                break;
            for (int i = 0; i < t; i++)
            {
                // Sums over users and items differ; both sides get about the same size.
                userMap[i * d + j] = rootY[i * t + j] / Math.Sqrt(s) * Math.Sqrt((double)users.Length / items.Length) * Balance(users.Length, items.Length);
                itemMap[i * d + j] = gramRootY[i * t + j] / (s * Math.Sqrt(s)) / Math.Sqrt((double)users.Length / items.Length) / Balance(users.Length, items.Length);
            }
        }

        return (userMap, itemMap);
    }

    private static double Balance(int users, int items) => Math.Pow((double)items / users, 0.25);

    private static double[] Root(double[] gram, int t)
    {
        (double[] vectors, double[] values) = SymmetricEigen.Solve(gram, t);
        double[] scaled = new double[t * t], turned = new double[t * t];
        for (int i = 0; i < t; i++)
        {
            for (int j = 0; j < t; j++)
            {
                scaled[i * t + j] = vectors[i * t + j] * Math.Sqrt(Math.Max(0, values[j]));
                turned[j * t + i] = vectors[i * t + j];
            }
        }

        return MatrixProduct.Multiply(scaled, turned, t, t, t);
    }

    private static float[] Map(double[] vector, double[] map, int d)
    {
        double[] result = new double[d];
        for (int i = 0; i < vector.Length; i++)
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(map.AsSpan(i * d, d), vector[i], result, result);
        return Array.ConvertAll(result, value => (float)value);
    }

    private static float[] Mapped(float[] vector, double[] map, int d) => Map(Array.ConvertAll(vector, value => (double)value), map, d);

    /// <summary>Per field and value the mean of what the fields before it leave unexplained.</summary>
    private static void FitContexts(TowerWeights weights, UserContexts contexts, EmbeddingTeacher teacher, double[] userMap, float[] nobody, RankingInput[] asked, Lanes lanes)
    {
        int d = weights.Sizes.Dimension, fields = contexts.Fields.Count;
        int[] places = [.. asked.Select(user => user.User).Where(place => place >= 0)];
        if (fields == 0 || places.Length == 0)
            return;
        float[][] left = new float[places.Length][];
        lanes.Run(places.Length, i =>
        {
            left[i] = Mapped(teacher.UserVector(new RankingInput(default, places[i])), userMap, d);
            FloatVectors.AddScaled(nobody, -1, left[i]);
        });
        for (int pass = 0; pass < ContextPasses; pass++)
        {
            for (int field = 0; field < fields; field++)
            {
                int[] counts = new int[contexts.Fields[field].Codes];
                float[] sums = new float[counts.Length * d];
                for (int i = 0; i < places.Length; i++)
                {
                    int code = contexts[places[i]][field];
                    counts[code]++;
                    FloatVectors.Add(left[i], sums.AsSpan(code * d, d));
                }

                for (int code = 1; code < counts.Length; code++)
                {
                    if (counts[code] > 0)
                        FloatVectors.AddScaled(sums.AsSpan(code * d, d), 1f / counts[code], weights.Context[field].Row(weights.Values, code));
                }

                for (int i = 0; i < places.Length; i++)
                {
                    int code = contexts[places[i]][field];
                    if (code > 0)
                        FloatVectors.AddScaled(sums.AsSpan(code * d, d), -1f / counts[code], left[i]);
                }
            }
        }
    }

    /// <summary>Least squares for the scales of history and context by the bucket of the history's length; biases take the mean of the rest.</summary>
    private static void FitLengths(TowerWeights weights, UserContexts contexts, RankingInput[] asked, float[][] wanted, float[] input, float[] nobody)
    {
        int d = weights.Sizes.Dimension, buckets = weights.UserBias.Rows;
        double[] xx = new double[buckets], xf = new double[buckets], ff = new double[buckets], xy = new double[buckets], fy = new double[buckets];
        int[] counts = new int[buckets];
        float[][] x = new float[asked.Length][], f = new float[asked.Length][], rest = new float[asked.Length][];
        for (int i = 0; i < asked.Length; i++)
        {
            (x[i], f[i], rest[i]) = (new float[d], new float[d], [.. wanted[i]]);
            ReadOnlySpan<int> history = asked[i].History.Span;
            foreach (int item in history)
                FloatVectors.AddScaled(input.AsSpan(item * d, d), 1 / MathF.Sqrt(history.Length + 1), x[i]);
            for (int field = 0; asked[i].User >= 0 && field < contexts.Fields.Count; field++)
                FloatVectors.Add(weights.Context[field].Row(weights.Values, contexts[asked[i].User][field]), f[i]);
            FloatVectors.AddScaled(nobody, -1, rest[i]);
            int bucket = TowerSizes.Bucket(history.Length);
            counts[bucket]++;
            xx[bucket] += FloatVectors.Dot(x[i], x[i]);
            xf[bucket] += FloatVectors.Dot(x[i], f[i]);
            ff[bucket] += FloatVectors.Dot(f[i], f[i]);
            xy[bucket] += FloatVectors.Dot(x[i], rest[i]);
            fy[bucket] += FloatVectors.Dot(f[i], rest[i]);
        }

        double[] history1 = new double[buckets], context1 = new double[buckets];
        Array.Fill(history1, 1);
        Array.Fill(context1, 1);
        for (int bucket = 1; bucket < buckets; bucket++)
        {
            double determinant = (xx[bucket] * ff[bucket]) - (xf[bucket] * xf[bucket]);
            if (determinant > 1e-6 * xx[bucket] * ff[bucket] && determinant > 0)
                (history1[bucket], context1[bucket]) = (((xy[bucket] * ff[bucket]) - (fy[bucket] * xf[bucket])) / determinant, ((fy[bucket] * xx[bucket]) - (xy[bucket] * xf[bucket])) / determinant);
            else if (xx[bucket] > 0)
                (history1[bucket], context1[bucket]) = (xy[bucket] / xx[bucket], context1[bucket - 1]);
            else
                (history1[bucket], context1[bucket]) = (history1[bucket - 1], context1[bucket - 1]);
        }

        for (int n = 1; n <= weights.Sizes.MaxHistory; n++)
        {
            weights.HistoryScale.Of(weights.Values)[n] = (float)history1[TowerSizes.Bucket(n)];
            weights.ContextScale.Of(weights.Values)[n] = (float)context1[TowerSizes.Bucket(n)];
        }

        for (int i = 0; i < asked.Length; i++)
        {
            int bucket = TowerSizes.Bucket(asked[i].History.Length);
            FloatVectors.AddScaled(x[i], (float)-history1[bucket], rest[i]);
            FloatVectors.AddScaled(f[i], (float)-context1[bucket], rest[i]);
            FloatVectors.AddScaled(rest[i], 1f / counts[bucket], weights.UserBias.Row(weights.Values, bucket));
        }
    }
}
