using Inference.Vectors.Graph.Kernels;

namespace UnitTests.Vectors.Graph.Kernels;

/// <summary>Writes codes as <see cref="IGraphKernels"/> documents their layout, one bit field after the other.</summary>
internal static class PackedCodes
{
    /// <param name="bits">2 or 4.</param>
    /// <param name="length">Dimensions.</param>
    /// <param name="code">The code of a vector and a dimension.</param>
    public static byte[] Of(int bits, int length, Func<int, int, int> code)
    {
        var packed = new byte[length * bits * IGraphKernels.Slots / 8];
        for (int vector = 0; vector < IGraphKernels.Slots; vector++)
        {
            for (int dimension = 0; dimension < length; dimension++)
                packed[Place(bits, vector, dimension)] |= (byte)(code(vector, dimension) << Shift(bits, dimension));
        }
        return packed;
    }

    /// <summary>Groups of 16 or 8 dimensions; in each, two halves of 16 vectors; in each, 4 bytes a vector.</summary>
    private static int Place(int bits, int vector, int dimension)
    {
        int group = bits == 2 ? dimension / 16 : dimension / 8;
        return (group * 2 + vector / 16) * 64 + vector % 16 * 4 + dimension % 4;
    }

    private static int Shift(int bits, int dimension) => bits == 2 ? dimension % 16 / 4 * 2 : dimension % 8 / 4 * 4;
}
