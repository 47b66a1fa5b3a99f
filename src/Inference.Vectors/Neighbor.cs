using System.Runtime.InteropServices;

namespace Inference.Vectors;

/// <summary>One hit of a search.</summary>
/// <param name="Row">Row of the matrix that was searched, from 0.</param>
/// <param name="Score">Higher is better for every <see cref="Metric"/>; never NaN.</param>
/// <remarks>The layout is fixed at eight bytes because the searches use the caller's result span as their scratch of 64-bit keys.</remarks>
[StructLayout(LayoutKind.Sequential, Size = 8)]
public readonly record struct Neighbor(int Row, float Score);
