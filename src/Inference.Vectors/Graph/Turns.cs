using System.Runtime.CompilerServices;
using Inference.Vectors.Graph.Kernels;

namespace Inference.Vectors.Graph;

/// <summary>Lets searches on one core take turns, so that while one waits for memory the others compute.</summary>
internal static class Turns
{
    /// <summary>Runs some of the beams to their ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TKernels, TLinks>(Span<CodeBeam<TKernels, TLinks>> beams, ReadOnlySpan<int> started)
        where TKernels : struct, IGraphKernels
        where TLinks : struct, ILinks
    {
        if (started is [var only])
        {
            ref CodeBeam<TKernels, TLinks> beam = ref beams[only];
            while (beam.Expand())
                beam.Absorb();
            return;
        }
        Span<int> running = stackalloc int[started.Length];
        started.CopyTo(running);
        int count = running.Length;
        while (count > 0)
        {
            for (int i = 0; i < count;)
            {
                if (beams[running[i]].Expand())
                    i++;
                else
                    running[i] = running[--count];
            }
            for (int i = 0; i < count; i++)
                beams[running[i]].Absorb();
        }
    }
}
