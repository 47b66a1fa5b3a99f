namespace Inference.Recommendations.Ports;

/// <summary>Why a store could not answer. A closed set, so that metrics stay bounded.</summary>
public enum StoreFailure
{
    /// <summary>It could.</summary>
    None = 0,

    /// <summary>Not connected, or left alone for a while after failures.</summary>
    Unavailable = 1,

    /// <summary>No answer in time.</summary>
    Timeout = 2,

    /// <summary>The connection broke.</summary>
    Connection = 3,

    /// <summary>The store refused: read-only, out of memory, wrong type, no permission.</summary>
    Refused = 4,

    /// <summary>What the store holds is not what was put there.</summary>
    Corrupt = 5,
}

/// <summary>A store could not do what it was asked to, and the caller has to know.</summary>
public sealed class StoreException : Exception
{
    public StoreException(StoreFailure failure, string message, Exception? innerException = null)
        : base(message, innerException) => Failure = failure;

    /// <summary>Why.</summary>
    public StoreFailure Failure { get; }
}
