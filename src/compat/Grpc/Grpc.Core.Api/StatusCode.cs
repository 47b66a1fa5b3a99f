namespace Grpc.Core;

/// <summary>The outcome of a call, as its number travels in <c>grpc-status</c>. Source: gRPC, doc/statuscodes.md.</summary>
public enum StatusCode
{
    /// <summary>The call did what was asked.</summary>
    OK = 0,

    /// <summary>The call was given up, usually by its caller.</summary>
    Cancelled = 1,

    /// <summary>A failure that tells nothing more; what an exception of a handler becomes.</summary>
    Unknown = 2,

    /// <summary>The arguments are wrong whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call was done; its effects may still have happened.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>What was to be made exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known, and not allowed to do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota, a size limit or a queue is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is in a state in which the call cannot be done, and a retry will not help until that changes.</summary>
    FailedPrecondition = 9,

    /// <summary>The call lost a race; the caller may retry at a higher level.</summary>
    Aborted = 10,

    /// <summary>The arguments point past the valid range, which may change with the state of the system.</summary>
    OutOfRange = 11,

    /// <summary>The method is not there, or a part of it is not supported.</summary>
    Unimplemented = 12,

    /// <summary>An invariant of the implementation is broken.</summary>
    Internal = 13,

    /// <summary>The service cannot be reached for now; a retry with backoff may help.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or corrupt beyond recovery.</summary>
    DataLoss = 15,

    /// <summary>The caller gave no valid credentials.</summary>
    Unauthenticated = 16,
}
