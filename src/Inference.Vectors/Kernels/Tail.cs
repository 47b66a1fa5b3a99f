using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inference.Vectors.Kernels;

/// <summary>The elements of a vector that are left after whole groups of sixteen, followed by zeros, so that they can be added like any other sixteen.</summary>
[InlineArray(KernelSet.Lanes)]
internal struct Tail
{
    private float _element0;

    /// <param name="start">The first element left.</param>
    /// <param name="count">How many are left, 1 to 15.</param>
    public static Tail Of(ref float start, nuint count)
    {
        Debug.Assert(count is > 0 and < KernelSet.Lanes);
        var tail = default(Tail);
        MemoryMarshal.CreateReadOnlySpan(ref start, (int)count).CopyTo(tail);
        return tail;
    }
}
