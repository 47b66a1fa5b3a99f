using System.Diagnostics;

namespace Fuzz.Engine;

/// <summary>An input with which something did not hold.</summary>
/// <param name="Target">Name of the target.</param>
/// <param name="Kind">What went wrong, without what depends on the input: two findings of one kind most likely have one cause.</param>
/// <param name="Details">The whole of it, for people.</param>
/// <param name="Input">The input.</param>
public sealed record Finding(string Target, string Kind, string Details, byte[] Input)
{
    /// <summary>Names the kind of an exception: its type, and the nearest method of the product, or what did not hold.</summary>
    public static string KindOf(Exception exception)
    {
        if (exception is FuzzException told)
            return told.Message;
        foreach (StackFrame frame in new StackTrace(exception).GetFrames())
        {
            if (DiagnosticMethodInfo.Create(frame) is { DeclaringTypeName: { } type } method && (type.StartsWith("Inference.", StringComparison.Ordinal) || type.StartsWith("Grpc.", StringComparison.Ordinal)))
                return $"{exception.GetType().Name} in {type}.{method.Name}";
        }

        return exception.GetType().Name;
    }
}
