using Google.Protobuf;

namespace Inference.Cli.Load;

/// <summary>One request that is ready to be sent.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Message">The message of its method.</param>
internal readonly record struct LoadCall(LoadKind Kind, IMessage Message);
