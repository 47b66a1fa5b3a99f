namespace Inference.Cli.Export;

/// <summary>A stream ended before its users did, for a reason that may pass.</summary>
internal sealed class BrokenStreamException(string message, Exception? innerException = null) : Exception(message, innerException);
