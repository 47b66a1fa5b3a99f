using System.Numerics.Tensors;
using Inference.Vectors;
using Inference.Vectors.Graph;
using Inference.Vectors.Graph.Kernels;
using Xunit;

namespace UnitTests.Vectors.Graph;

public sealed unsafe class EntryLayerTests
{
    [Theory]
    [InlineData(3, 1)]
    [InlineData(20, 33)]
    [InlineData(40, 300)]
    [InlineData(64, 576)]
    public void Nearest_AmongFewerThanItScores_FindsNodesOfTheSampleNearTheQueryAndTheirDistances(int dimension, int count)
    {
        foreach (Metric metric in (Metric[])[Metric.L2, Metric.InnerProduct])
        {
            using VectorMatrix matrix = SeededVectors.Matrix(count, dimension, seed: 3);
            using GraphRows rows = GraphRows.Of(matrix, GraphSpace.Of(matrix, metric, seed: 1), new ParallelOptions());
            int[] sample = [.. Enumerable.Range(0, count).Where(static node => node % 3 != 1)];
            GraphKernelSets.Use<Asking, (GraphRows, int[]), int>((rows, sample));
        }
    }

    private readonly struct Asking : IKernelUse<(GraphRows Rows, int[] Sample), int>
    {
        public static int Run<TKernels>((GraphRows Rows, int[] Sample) argument)
            where TKernels : struct, IGraphKernels
        {
            (GraphRows rows, int[] sample) = argument;
            using EntryLayer entries = EntryLayer.Of<TKernels>(rows, sample);
            bool squaredL2 = rows.Space.SquaredL2;
            var query = new float[rows.Length];
            var words = new short[rows.Length];
            var nodes = new int[EntryLayer.Begin];
            var distances = new float[EntryLayer.Begin];
            for (int asked = 0; asked < rows.Count; asked += 7)
            {
                rows.Decode(asked, query);
                float scale = GraphRows.Quantise(query, GraphRows.QueryMagnitude(rows.Length), words);
                int found;
                fixed (short* start = words)
                    found = entries.Nearest<TKernels>(start, scale, squaredL2, nodes, distances);

                double[] all = [.. sample.Select(node => Distance(rows, query, node))];
                // 4 bits are off by 0.11 of a typical element.
                double error = 0.6 * Length(query) * sample.Max(node => Length(Vector(rows, node))) * (squaredL2 ? 2 : 1) / Math.Sqrt(rows.Space.Dimension);
                Assert.Equal(Math.Min(EntryLayer.Begin, sample.Length), nodes.Take(found).Distinct().Count());
                Assert.All(nodes.Take(found), node => Assert.Contains(node, sample));
                Assert.Equal(distances.Take(found).Order().ToArray(), distances.Take(found).ToArray());
                for (int i = 0; i < found; i++)
                    Assert.InRange(distances[i] - Distance(rows, query, nodes[i]), -error, error);
                Assert.InRange(Distance(rows, query, nodes[0]) - all.Min(), 0, 2 * error);
            }
            return 0;
        }

        private static float[] Vector(GraphRows rows, int node)
        {
            var vector = new float[rows.Length];
            rows.Decode(node, vector);
            return vector;
        }

        private static double Length(float[] vector) => TensorPrimitives.Norm<float>(vector);

        private static double Distance(GraphRows rows, float[] query, int node)
        {
            float[] vector = Vector(rows, node);
            double product = TensorPrimitives.Dot<float>(query, vector);
            return rows.Space.SquaredL2 ? Length(vector) * Length(vector) - 2 * product : -product;
        }
    }
}
