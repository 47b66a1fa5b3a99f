using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inference.Training.Linear;

/// <summary>A block of a matrix, copied into the strips that <see cref="MicroKernel{T}"/> reads one after another. Missing rows at the end are zeros.</summary>
/// <param name="width">Lines per strip: <see cref="MicroKernel{T}.Rows"/> for A, <see cref="MicroKernel{T}.Columns"/> for B.</param>
/// <param name="lines">Most lines that it has to hold.</param>
/// <param name="depth">Most steps.</param>
internal sealed class PackedStrips<T>(int width, int lines, int depth)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Lines that one piece of parallel work packs.</summary>
    private const int StripsPerPiece = 8;

    private readonly T[] _numbers = new T[(long)((lines + width - 1) / width) * width * depth];

    public int Width => width;

    /// <summary>Lines that were packed.</summary>
    public int Lines { get; private set; }

    public int Depth { get; private set; }

    public int Strips => (Lines + width - 1) / width;

    public ref T Strip(int strip) => ref _numbers[(long)strip * width * Depth];

    /// <summary>Packs a block whose lines are rows: line r, step d is <c>source[first + r · stride + d]</c>.</summary>
    public void PackRows(T[] source, long first, long stride, int lineCount, int stepCount)
    {
        (Lines, Depth) = (lineCount, stepCount);
        Parallel.For(0, (Strips + StripsPerPiece - 1) / StripsPerPiece, piece =>
        {
            for (int strip = piece * StripsPerPiece; strip < Math.Min(Strips, (piece + 1) * StripsPerPiece); strip++)
            {
                Span<T> target = _numbers.AsSpan(strip * width * Depth, width * Depth);
                for (int line = 0; line < width; line++)
                {
                    int row = strip * width + line;
                    if (row >= Lines)
                    {
                        for (int step = 0; step < Depth; step++)
                            target[step * width + line] = T.Zero;
                        continue;
                    }

                    ref T from = ref source[first + row * stride];
                    for (int step = 0; step < Depth; step++)
                        target[step * width + line] = Unsafe.Add(ref from, step);
                }
            }
        });
    }

    /// <summary>Packs a block whose lines are columns: line c, step d is <c>source[first + d · stride + c]</c>.</summary>
    public void PackColumns(T[] source, long first, long stride, int lineCount, int stepCount)
    {
        (Lines, Depth) = (lineCount, stepCount);
        Parallel.For(0, (Strips + StripsPerPiece - 1) / StripsPerPiece, piece =>
        {
            for (int strip = piece * StripsPerPiece; strip < Math.Min(Strips, (piece + 1) * StripsPerPiece); strip++)
            {
                int present = Math.Min(width, Lines - strip * width);
                Span<T> target = _numbers.AsSpan(strip * width * Depth, width * Depth);
                for (int step = 0; step < Depth; step++)
                {
                    Span<T> line = target.Slice(step * width, width);
                    line[present..].Clear();
                    for (int column = 0; column < present; column++)
                        line[column] = source[first + step * stride + strip * width + column];
                }
            }
        });
    }
}
