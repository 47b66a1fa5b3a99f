using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inference.Training.Linear;

/// <summary>Adds the product of two packed blocks to a matrix, tile by tile on all cores. Each tile is the work of one thread, so the bits do not depend on how many there are.</summary>
internal static class TiledUpdate
{
    /// <summary>Rows that one piece of work takes; its strips of A stay in the second-level cache.</summary>
    private const int RowsPerPiece = 64;

    /// <param name="a">Strips of <see cref="MicroKernel{T}.Rows"/> rows of C.</param>
    /// <param name="b">Strips of <see cref="MicroKernel{T}.Columns"/> columns of C.</param>
    /// <param name="c">The matrix.</param>
    /// <param name="first">Place of its first number.</param>
    /// <param name="stride">Numbers from row to row.</param>
    /// <param name="sign">1 to add, −1 to take off.</param>
    /// <param name="lowerOnly">Tiles above the diagonal are left out. Numbers above it in tiles that cross it are touched.</param>
    public static void Add<T>(PackedStrips<T> a, PackedStrips<T> b, T[] c, long first, long stride, T sign, bool lowerOnly = false)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int pieces = (a.Lines + RowsPerPiece - 1) / RowsPerPiece;
        Parallel.For(0, pieces, step =>
        {
            // The longest rows of a triangle come first, so that no core is left with them at the end.
            int piece = pieces - 1 - step;
            int width = MicroKernel<T>.Columns, height = MicroKernel<T>.Rows;
            int until = Math.Min(a.Lines, (piece + 1) * RowsPerPiece);
            for (int strip = 0; strip < b.Strips; strip++)
            {
                int column = strip * width;
                if (lowerOnly && column >= until)
                    break;
                ref T columns = ref b.Strip(strip);
                int present = Math.Min(width, b.Lines - column);
                for (int row = piece * RowsPerPiece; row < until; row += height)
                {
                    if (lowerOnly && column >= row + height)
                        continue;
                    ref T tile = ref c[first + row * stride + column];
                    ref T rows = ref a.Strip(row / height);
                    if (present == width && row + height <= a.Lines)
                        MicroKernel<T>.Add(a.Depth, ref rows, ref columns, ref tile, (nint)stride, sign);
                    else
                        MicroKernel<T>.AddPart(a.Depth, ref rows, ref columns, ref tile, (nint)stride, sign, Math.Min(height, a.Lines - row), present);
                }
            }
        });
    }
}
