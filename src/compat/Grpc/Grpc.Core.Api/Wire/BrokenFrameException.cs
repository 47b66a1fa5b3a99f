namespace Grpc.Core.Wire;

/// <summary>A frame has been written in part and cannot be finished; nothing that follows on the stream would be understood.</summary>
internal sealed class BrokenFrameException(Exception cause) : Exception("A message was cut off while it was being written.", cause);
