using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>The way to one target.</summary>
public abstract class ChannelBase
{
    /// <summary>For implementations.</summary>
    protected ChannelBase(string target) => Target = GrpcPreconditions.CheckNotNull(target, nameof(target));

    /// <summary>What was asked for, as it was written.</summary>
    public string Target { get; }

    /// <summary>An invoker of calls to the target.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Gives up all calls and connections.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>For implementations; see <see cref="ShutdownAsync"/>.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
