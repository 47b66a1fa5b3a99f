using Inference.Vectors;
using Inference.Vectors.Search;
using Xunit;

namespace UnitTests.Vectors.Exact;

/// <summary>The scan against the flat index, row by row and bit by bit.</summary>
public sealed class ScanIndexTests
{
    /// <summary>What real vectors do, and what breaks bounds that are a little too tight.</summary>
    public enum Shape
    {
        Uniform,
        SkewedNorms,
        Clustered,
        Duplicates,
        WholeNumbers,
        ZeroRows,
        Sparse,
        FarFromZero,
        Tiny,
        Huge,
        WildNorms,
    }

    public static TheoryData<Shape, Metric> Worlds()
    {
        var worlds = new TheoryData<Shape, Metric>();
        foreach (Shape shape in Enum.GetValues<Shape>())
        {
            foreach (Metric metric in Enum.GetValues<Metric>())
                worlds.Add(shape, metric);
        }
        return worlds;
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Search_WithAnyVectors_FindsWhatTheFlatIndexFindsToTheBit(Shape shape, Metric metric)
    {
        var random = new Random(1000 * (int)shape + (int)metric);
        for (int round = 0; round < 24; round++)
        {
            int dimension = round < 3 ? round + 1 : random.Next(1, 201);
            int count = round % 8 == 0 ? random.Next(0, 20) : random.Next(20, 2500);
            float[] rows = Rows(shape, count, dimension, random);
            using VectorMatrix matrix = VectorMatrix.Create(rows, dimension);
            using var flat = new ExactIndex(matrix, metric);
            using var scan = new ScanIndex(matrix, metric);
            using RowSet? allowed = Some(count, random.Next(3) == 0 ? 1 : random.Next(3) == 0 ? 0.5 : random.NextDouble() * 0.1, random);
            using RowSet? denied = Some(count, random.Next(4) == 0 ? 0.97 : random.NextDouble() * 0.2, random);
            var requests = new SearchRequest[random.Next(1, 10)];
            for (int i = 0; i < requests.Length; i++)
            {
                var results = new Neighbor[random.Next(5) == 0 ? random.Next(0, count + 10) : random.Next(0, 20)];
                requests[i] = new SearchRequest(Query(shape, rows, count, dimension, random), results, Filter(allowed, denied, random));
            }
            string where = $"{shape}, {metric}, {count} x {dimension}, round {round}";

            foreach (SearchRequest request in requests)
                AssertSame(flat, scan, request, where);
            scan.Search(requests);
            foreach (SearchRequest request in requests)
                AssertFound(flat, request, request.Results.Span[..request.Found], where + ", together");
        }
    }

    [Theory]
    [InlineData(Metric.InnerProduct)]
    [InlineData(Metric.Cosine)]
    [InlineData(Metric.L2)]
    public void Search_WithAbsentRows_FindsWhatTheFlatIndexFindsUnderTheNumbersOfTheRest(Metric metric)
    {
        var random = new Random((int)metric);
        for (int round = 0; round < 30; round++)
        {
            int dimension = random.Next(1, 100), numberSpace = random.Next(1, 1500);
            float[] all = Rows((Shape)(round % 6), numberSpace, dimension, random);
            int[] numbers = [.. Enumerable.Range(0, numberSpace).Where(_ => random.Next(3) > 0)];
            random.Shuffle(numbers);
            float[] present = [.. numbers.SelectMany(number => all.AsSpan(number * dimension, dimension).ToArray())];
            using VectorMatrix everything = VectorMatrix.Create(all, dimension);
            using VectorMatrix matrix = VectorMatrix.Create(present, dimension);
            using var flat = new ExactIndex(everything, metric);
            using var scan = new ScanIndex(matrix, metric, numbers, numberSpace);
            using RowSet there = RowSet.Rent(numberSpace);
            there.AddRange(numbers);
            using RowSet? denied = Some(numberSpace, random.Next(2) == 0 ? 0.97 : 0.1, random);
            Assert.Equal(numberSpace, scan.Count);
            for (int i = 0; i < 5; i++)
            {
                var request = new SearchRequest(Query(Shape.Uniform, all, numberSpace, dimension, random), new Neighbor[random.Next(1, 30)], RowFilter.Of(there, denied));
                var expected = new Neighbor[request.Results.Length];
                int found = flat.Search(request.Query.Span, expected, request.Filter);

                // The scan is not told which rows are there; the flat index has to be.
                int actual = scan.Search(request.Query.Span, request.Results.Span, denied is null ? default : RowFilter.Deny(denied));

                AssertSameBits(expected.AsSpan(0, found), request.Results.Span[..actual], $"{metric}, round {round}");
            }
        }
    }

    [Theory]
    [InlineData(Metric.InnerProduct, 5_000)]
    [InlineData(Metric.Cosine, 5_000)]
    [InlineData(Metric.L2, 5_000)]
    [InlineData(Metric.InnerProduct, 140_000)]
    [InlineData(Metric.L2, 140_000)]
    public void Search_WithVeryManyDimensions_FindsWhatTheFlatIndexFinds(Metric metric, int dimension)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(40, dimension, seed: 5);
        using var flat = new ExactIndex(matrix, metric);
        using var scan = new ScanIndex(matrix, metric);
        for (int i = 0; i < 3; i++)
            AssertSame(flat, scan, new SearchRequest(SeededVectors.Uniform(dimension, seed: 10 + i), new Neighbor[5]), $"{metric} {dimension}");
    }

    [Theory]
    [InlineData(Metric.InnerProduct)]
    [InlineData(Metric.Cosine)]
    [InlineData(Metric.L2)]
    public void Score_OfAnyRows_HasTheBitsOfTheFlatIndex(Metric metric)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(300, 50, seed: 6);
        using var flat = new ExactIndex(matrix, metric);
        using var scan = new ScanIndex(matrix, metric);
        float[] query = SeededVectors.Uniform(50, seed: 7);
        int[] rows = [.. Enumerable.Range(0, 300), 5, 5, 17];
        float[] expected = new float[rows.Length], actual = new float[rows.Length];

        flat.Score(query, rows, expected);
        scan.Score(query, rows, actual);

        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void Search_WithAShortRowAlongTheQuery_DoesNotStopBeforeIt()
    {
        // Whole stretches of long rows across the query score 0.999; the shortest row, along it, scores 1: at the very bound of Cauchy and Schwarz.
        const int Across = 1024;
        float[] rows = [.. Enumerable.Repeat((float[])[0.999f, 5], Across).SelectMany(static row => row), 1, 0];
        using VectorMatrix matrix = VectorMatrix.Create(rows, 2);
        using var scan = new ScanIndex(matrix, Metric.InnerProduct);
        var results = new Neighbor[1];

        scan.Search([1, 0], results);

        Assert.Equal(new Neighbor(Across, 1), results[0]);
    }

    [Theory]
    [InlineData(Metric.InnerProduct)]
    [InlineData(Metric.Cosine)]
    [InlineData(Metric.L2)]
    public void Search_WithCodesThatAreExact_AllowsForTheRoundingOfTheEstimates(Metric metric)
    {
        // Neither code has an error, so that nothing but rounding is between an estimate and the threshold that equal rows have set.
        const int Dimension = 16, Count = 3000;
        float[] signs = [.. Enumerable.Range(0, Dimension).Select(static i => i % 3 == 0 ? -1f : 1f)];
        using VectorMatrix matrix = VectorMatrix.Create([.. Enumerable.Range(0, Count).SelectMany(row => signs.Select(sign => row % 2 * sign))], Dimension);
        using var flat = new ExactIndex(matrix, metric);
        using var scan = new ScanIndex(matrix, metric);
        for (int i = 1; i < 40; i++)
            AssertSame(flat, scan, new SearchRequest(signs.Select(sign => sign * MathF.Sqrt(i)).ToArray(), new Neighbor[900]), $"{metric}, length {i}");
    }

    [Fact]
    public void Search_WithSkewedNormsAndInnerProduct_StopsEarly()
    {
        var random = new Random(8);
        using VectorMatrix matrix = VectorMatrix.Create(Rows(Shape.SkewedNorms, 50_000, 32, random), 32);
        using var scan = new ScanIndex(matrix, Metric.InnerProduct);

        scan.Search(SeededVectors.Uniform(32, seed: 9), new Neighbor[10]);

        Assert.InRange(scan.RowsTouched.Read, 1, 10_000);
    }

    [Fact]
    public void Search_WithUniformVectors_ScoresFewOfThem()
    {
        using VectorMatrix matrix = SeededVectors.Matrix(20_000, 64, seed: 10);
        foreach (Metric metric in Enum.GetValues<Metric>())
        {
            using var scan = new ScanIndex(matrix, metric);
            scan.Search(SeededVectors.Uniform(64, seed: 11), new Neighbor[10]);
            Assert.InRange(scan.RowsTouched.Scored, 10, 500);
        }
    }

    [Fact]
    public void Search_WithAFewAllowedRows_ReadsNoCodes()
    {
        using VectorMatrix matrix = SeededVectors.Matrix(20_000, 16, seed: 12);
        using var scan = new ScanIndex(matrix, Metric.InnerProduct);
        using RowSet allowed = RowSet.Rent(20_000);
        allowed.AddRange([5, 500, 5000]);
        var results = new Neighbor[10];

        Assert.Equal(3, scan.Search(SeededVectors.Uniform(16, seed: 13), results, RowFilter.Allow(allowed)));
        Assert.Equal([5, 500, 5000], results.Take(3).Select(static n => n.Row).Order());
        Assert.Equal(0, scan.RowsTouched.Read);
    }

    [Fact]
    public void Search_WhileItsBestRowsAreHidden_StillFindsAsManyAsWanted()
    {
        // The sample of a search counts on rows that may be hidden before the search gets to them.
        const int Count = 40_000, Hidden = 5_000, Wanted = 10, Rounds = 200;
        using VectorMatrix matrix = SeededVectors.Matrix(Count, 8, seed: 18);
        using var scan = new ScanIndex(matrix, Metric.Cosine);
        float[] query = SeededVectors.Uniform(8, seed: 19);
        var ranking = new Neighbor[Hidden];
        scan.Search(query, ranking);
        RowBits? current = null;
        int least = Wanted;
        bool ended = false;
        var hiding = new Thread(() =>
        {
            while (!Volatile.Read(ref ended))
            {
                if (Interlocked.Exchange(ref current, null) is not { } hidden)
                    continue;
                foreach (Neighbor best in ranking)
                    hidden.Add(best.Row);
            }
        });
        hiding.Start();
        for (int round = 0; round < Rounds; round++)
        {
            var hidden = new RowBits(Count);
            Volatile.Write(ref current, hidden);
            least = Math.Min(least, scan.SearchLive(query, new Neighbor[Wanted], RowFilter.None.Less(hidden), width: 0));
        }
        Volatile.Write(ref ended, true);
        hiding.Join();

        Assert.Equal(Wanted, least);
    }

    [Fact]
    public void ScoreAndCopyVector_OfAnAbsentRow_Throw()
    {
        using VectorMatrix matrix = SeededVectors.Matrix(2, 3, seed: 14);
        using var scan = new ScanIndex(matrix, Metric.L2, [4, 1], 6);
        var vector = new float[3];

        scan.CopyVector(4, vector);
        Assert.Equal(matrix.Row(0).ToArray(), vector);
        Assert.Equal(0, scan.Score(matrix.Row(1), 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => scan.CopyVector(0, vector));
        Assert.Throws<ArgumentOutOfRangeException>(() => scan.Score(vector, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => scan.Score(vector, 6));
    }

    [Theory]
    [InlineData(new[] { 0 }, 6)]
    [InlineData(new[] { 0, 6 }, 6)]
    [InlineData(new[] { -1, 2 }, 6)]
    [InlineData(new[] { 3, 3 }, 6)]
    public void Constructor_WithNumbersThatDoNotFit_Throws(int[] numbers, int count)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(2, 3, seed: 15);
        Assert.Throws<ArgumentException>(() => new ScanIndex(matrix, Metric.L2, numbers, count));
    }

    [Fact]
    public void Search_AfterDispose_Throws()
    {
        using VectorMatrix matrix = SeededVectors.Matrix(2, 3, seed: 16);
        var scan = new ScanIndex(matrix, Metric.Cosine);
        scan.Dispose();
        scan.Dispose();

        Assert.Throws<ObjectDisposedException>(() => scan.Search(new float[3], new Neighbor[1]));
        Assert.Throws<ObjectDisposedException>(() => scan.Search(new SearchRequest[] { new(new float[3], new Neighbor[1]), new(new float[3], new Neighbor[1]) }));
        Assert.Throws<ObjectDisposedException>(() => scan.Score(new float[3], 0));
    }

    [Fact]
    public void Search_WithTheMatrixDisposed_Works()
    {
        var matrix = SeededVectors.Matrix(20, 3, seed: 17);
        using var scan = new ScanIndex(matrix, Metric.Cosine);
        matrix.Dispose();

        Assert.Equal(20, scan.Search([1, 2, 3], new Neighbor[50]));
        Assert.Equal(IndexKind.Exact, scan.Kind);
        Assert.InRange(scan.Bytes, 20 * 3 * 4, 100_000);
    }

    private static float[] Rows(Shape shape, int count, int dimension, Random random)
    {
        var rows = new float[count * dimension];
        float[] centres = [.. Enumerable.Range(0, 5 * dimension).Select(_ => random.NextSingle() * 2 - 1)];
        for (int row = 0; row < count; row++)
        {
            Span<float> x = rows.AsSpan(row * dimension, dimension);
            int like = random.Next(5) * dimension;
            float length = shape switch
            {
                Shape.SkewedNorms => MathF.Pow(random.NextSingle(), 6),
                Shape.Tiny => MathF.Pow(10, -30 - random.Next(15)),
                Shape.Huge => MathF.Pow(10, 15 + random.Next(4)),
                Shape.WildNorms => MathF.Pow(10, random.Next(-44, 38)),
                _ => 1,
            };
            for (int i = 0; i < dimension; i++)
            {
                float element = random.NextSingle() * 2 - 1;
                x[i] = shape switch
                {
                    Shape.Clustered => centres[like + i] + element * 0.01f,
                    Shape.WholeNumbers => random.Next(-3, 4),
                    Shape.Sparse => random.Next(10) == 0 ? element : 0,
                    Shape.FarFromZero => 100 + element,
                    _ => element * length,
                };
            }
            if (row > 0 && ((shape == Shape.Duplicates && random.Next(2) == 0) || random.Next(200) == 0))
                rows.AsSpan(random.Next(row) * dimension, dimension).CopyTo(x);
            if (shape == Shape.ZeroRows && random.Next(3) > 0)
                x.Clear();
        }
        return rows;
    }

    private static float[] Query(Shape shape, float[] rows, int count, int dimension, Random random)
    {
        if (random.Next(12) == 0)
            return new float[dimension];
        if (count > 0 && random.Next(4) == 0)
            return rows.AsSpan(random.Next(count) * dimension, dimension).ToArray();
        return Rows(shape, 1, dimension, random);
    }

    private static RowSet? Some(int count, double share, Random random)
    {
        if (random.Next(3) == 0)
            return null;
        RowSet set = RowSet.Rent(count);
        for (int row = 0; row < count; row++)
        {
            if (random.NextDouble() < share)
                set.Add(row);
        }
        return set;
    }

    private static RowFilter Filter(RowSet? allowed, RowSet? denied, Random random) => random.Next(4) switch
    {
        0 => RowFilter.None,
        1 => RowFilter.Of(allowed, null),
        2 => RowFilter.Of(null, denied),
        _ => RowFilter.Of(allowed, denied),
    };

    private static void AssertSame(ExactIndex flat, ScanIndex scan, SearchRequest request, string where)
    {
        var actual = new Neighbor[request.Results.Length];
        int found = scan.Search(request.Query.Span, actual, request.Filter);
        AssertFound(flat, request, actual.AsSpan(0, found), where);
    }

    private static void AssertFound(ExactIndex flat, SearchRequest request, ReadOnlySpan<Neighbor> actual, string where)
    {
        var expected = new Neighbor[request.Results.Length];
        int found = flat.Search(request.Query.Span, expected, request.Filter);
        AssertSameBits(expected.AsSpan(0, found), actual, where);
    }

    private static void AssertSameBits(ReadOnlySpan<Neighbor> expected, ReadOnlySpan<Neighbor> actual, string where)
    {
        Assert.True(expected.Length == actual.Length, $"{where}: {actual.Length} found, not {expected.Length}");
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                expected[i].Row == actual[i].Row && BitConverter.SingleToInt32Bits(expected[i].Score) == BitConverter.SingleToInt32Bits(actual[i].Score),
                $"{where}: rank {i} of {expected.Length} is {actual[i]}, not {expected[i]}");
        }
    }
}
