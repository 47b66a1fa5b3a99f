using System.Runtime.CompilerServices;
using Inference.Vectors.Graph.Kernels;

namespace Inference.Vectors.Graph.Fast;

/// <summary>Lets searches of the fast layout take turns on a core, so that while one waits for memory the others compute.</summary>
/// <remarks>
/// The searches are two halves. When one half has done a step each, it touches the records that it is going to read: a core that misses the translation of an address
/// goes on for a few hundred instructions at most, and page tables are read for several addresses at once, so the misses of a half cost little more than one. The rest of these
/// records is then asked for during the steps of the other half.
/// </remarks>
internal static class FastTurns
{
    /// <summary>Runs some of the beams to their ends.</summary>
    /// <param name="beams">Of which those that run were started as not alone.</param>
    /// <param name="started">Places of those that run.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TKernels>(Span<FastBeam<TKernels>> beams, ReadOnlySpan<int> started)
        where TKernels : struct, IGraphKernels
    {
        Span<int> running = stackalloc int[started.Length];
        started.CopyTo(running);
        while (!running.IsEmpty)
        {
            int middle = running.Length / 2;
            int left = StepAll(beams, running[..middle], running[middle..]);
            int right = StepAll(beams, running[middle..], running[..left]);
            running.Slice(middle, right).CopyTo(running[left..]);
            running = running[..(left + right)];
        }
    }

    /// <summary>One step of each beam of a half.</summary>
    /// <param name="beams">All beams.</param>
    /// <param name="half">Places of those that do a step; those that have not ended come to the front.</param>
    /// <param name="others">Places of those whose records are asked for meanwhile.</param>
    /// <returns>How many have not ended.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe int StepAll<TKernels>(Span<FastBeam<TKernels>> beams, Span<int> half, ReadOnlySpan<int> others)
        where TKernels : struct, IGraphKernels
    {
        int count = 0, other = 0;
        foreach (int place in half)
        {
            byte* coming = other < others.Length ? beams[others[other++]].Coming : null;
            if (beams[place].Step(coming))
                half[count++] = place;
        }
        for (; other < others.Length; other++)
            beams[others[other]].PrefetchComing();
        foreach (int place in half[..count])
            beams[place].TouchComing();
        return count;
    }
}
