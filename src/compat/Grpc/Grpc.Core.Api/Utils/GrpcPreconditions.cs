using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core.Utils;

/// <summary>Argument and state checks; generated code calls <c>CheckNotNull</c>.</summary>
public static class GrpcPreconditions
{
    /// <summary>Throws <see cref="ArgumentException"/> unless the condition holds.</summary>
    public static void CheckArgument(bool condition)
    {
        if (!condition)
        {
            throw new ArgumentException(message: null);
        }
    }

    /// <summary>Throws <see cref="ArgumentException"/> with this message unless the condition holds.</summary>
    public static void CheckArgument(bool condition, string errorMessage)
    {
        if (!condition)
        {
            throw new ArgumentException(errorMessage);
        }
    }

    /// <summary>Returns the reference, or throws <see cref="ArgumentNullException"/>.</summary>
    [SuppressMessage("Usage", "CA2208", Justification = "The caller gave no name")]
    public static T CheckNotNull<T>(T reference) => reference ?? throw new ArgumentNullException();

    /// <summary>Returns the reference, or throws <see cref="ArgumentNullException"/> for this parameter.</summary>
    [SuppressMessage("Usage", "CA2208", Justification = "The name is the caller's parameter")]
    public static T CheckNotNull<T>(T reference, string paramName) => reference ?? throw new ArgumentNullException(paramName);

    /// <summary>Throws <see cref="InvalidOperationException"/> unless the condition holds.</summary>
    public static void CheckState(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException();
        }
    }

    /// <summary>Throws <see cref="InvalidOperationException"/> with this message unless the condition holds.</summary>
    public static void CheckState(bool condition, string errorMessage)
    {
        if (!condition)
        {
            throw new InvalidOperationException(errorMessage);
        }
    }
}
