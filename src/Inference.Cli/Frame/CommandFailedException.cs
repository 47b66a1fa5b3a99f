namespace Inference.Cli.Frame;

/// <summary>A verb could not do what it was asked for a reason that one line can tell. The message says what to do about it.</summary>
internal sealed class CommandFailedException : Exception
{
    public CommandFailedException(string message)
        : base(message)
    {
    }

    public CommandFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
