namespace Inference.Vectors.Graph.Kernels;

/// <summary>Something that is compiled once for each vector width.</summary>
internal interface IKernelUse<TArgument, TResult>
    where TArgument : allows ref struct
{
    static abstract TResult Run<TKernels>(TArgument argument)
        where TKernels : struct, IGraphKernels;
}

/// <summary>Which graph kernels this process runs: the widest that the machine has.</summary>
internal static class GraphKernelSets
{
    /// <summary>Bits of the registers; 0 for the scalar kernels.</summary>
    public static int Width => Use<WidthOf, int, int>(0);

    public static TResult Use<TUse, TArgument, TResult>(TArgument argument)
        where TUse : struct, IKernelUse<TArgument, TResult>
        where TArgument : allows ref struct
    {
        if (Graph512.IsSupported)
            return TUse.Run<Graph512>(argument);
        if (Graph256.IsSupported)
            return TUse.Run<Graph256>(argument);
        return Graph128.IsSupported ? TUse.Run<Graph128>(argument) : TUse.Run<GraphScalar>(argument);
    }

    private readonly struct WidthOf : IKernelUse<int, int>
    {
        public static int Run<TKernels>(int argument)
            where TKernels : struct, IGraphKernels => TKernels.Width;
    }
}
