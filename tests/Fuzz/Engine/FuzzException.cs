using System.Diagnostics.CodeAnalysis;

namespace Fuzz.Engine;

/// <summary>Something that has to hold of a parser does not.</summary>
public sealed class FuzzException(string message) : Exception(message)
{
    /// <summary>Throws where a condition does not hold.</summary>
    /// <param name="condition">What has to hold.</param>
    /// <param name="otherwise">What it means that it does not; the same for all inputs, for findings are told apart by it.</param>
    public static void Unless([DoesNotReturnIf(false)] bool condition, string otherwise)
    {
        if (!condition)
            throw new FuzzException(otherwise);
    }
}
