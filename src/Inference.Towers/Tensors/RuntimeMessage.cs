using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Tensors;

/// <summary>
/// Reads what ONNX Runtime says of a run that failed: "[ErrorCode:InvalidArgument] Non-zero status code returned while running Gather node. Name:'…' Status Message: indices element out of data bounds, …".
/// The code stands in the text only.
/// </summary>
internal static class RuntimeMessage
{
    private const string InvalidArgument = "[ErrorCode:InvalidArgument]";
    private const string Lead = "Status Message: ";
    private const int MostChars = 300;

    /// <summary>Whether the runtime says that it was given something wrong, and not that something broke.</summary>
    public static bool BlamesArguments(OnnxRuntimeException exception) => exception.Message.StartsWith(InvalidArgument, StringComparison.Ordinal);

    /// <summary>The sentence about what was wrong, without codes, places in the runtime's sources and more than it takes.</summary>
    public static string WhatWasWrong(OnnxRuntimeException exception)
    {
        string message = exception.Message;
        int lead = message.LastIndexOf(Lead, StringComparison.Ordinal);
        string said = (lead >= 0 ? message[(lead + Lead.Length)..] : message.StartsWith(InvalidArgument, StringComparison.Ordinal) ? message[InvalidArgument.Length..] : message).Trim();
        return said.Length <= MostChars ? said : string.Concat(said.AsSpan(0, MostChars), "…");
    }
}
