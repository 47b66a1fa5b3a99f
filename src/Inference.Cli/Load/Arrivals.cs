namespace Inference.Cli.Load;

/// <summary>How requests arrive.</summary>
internal enum Arrivals
{
    /// <summary>Independently of each other, as those of many users do: exponential gaps.</summary>
    Poisson = 0,

    /// <summary>At equal distances.</summary>
    Constant,
}
