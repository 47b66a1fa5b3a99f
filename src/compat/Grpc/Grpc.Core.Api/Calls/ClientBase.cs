using Grpc.Core.Interceptors;
using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>The base of generated clients.</summary>
public abstract class ClientBase
{
    /// <summary>For mocking: every call throws unless it is overridden.</summary>
    protected ClientBase()
        : this(new UnboundCallInvoker())
    {
    }

    /// <summary>For generated code: a client like another one, with another configuration.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
    {
        Configuration = GrpcPreconditions.CheckNotNull(configuration, nameof(configuration));
        CallInvoker = configuration.CreateCallInvoker();
    }

    /// <summary>A client of this channel.</summary>
    public ClientBase(ChannelBase channel)
        : this(channel.CreateCallInvoker())
    {
    }

    /// <summary>A client that makes its calls by this invoker.</summary>
    public ClientBase(CallInvoker callInvoker)
        : this(new ClientBaseConfiguration(callInvoker, null))
    {
    }

    /// <summary>Makes the calls of generated code.</summary>
    protected CallInvoker CallInvoker { get; }

    internal ClientBaseConfiguration Configuration { get; }

    /// <summary>An invoker, and the host that its calls ask for. Opaque to generated code.</summary>
    protected internal class ClientBaseConfiguration
    {
        private readonly CallInvoker _invoker;
        private readonly string? _host;

        internal ClientBaseConfiguration(CallInvoker invoker, string? host)
        {
            _invoker = GrpcPreconditions.CheckNotNull(invoker, nameof(invoker));
            _host = host;
        }

        internal CallInvoker CreateCallInvoker() => _host is null ? _invoker : _invoker.Intercept(new HostInterceptor(_host));

        internal ClientBaseConfiguration WithHost(string host) => new(_invoker, GrpcPreconditions.CheckNotNull(host, nameof(host)));
    }
}

/// <summary>The base of generated clients, with their own type.</summary>
/// <typeparam name="T">The generated client.</typeparam>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    /// <summary>For mocking: every call throws unless it is overridden.</summary>
    protected ClientBase()
    {
    }

    /// <summary>For generated code: a client like another one, with another configuration.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    /// <summary>A client of this channel.</summary>
    public ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    /// <summary>A client that makes its calls by this invoker.</summary>
    public ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>A client of the same channel whose calls ask for this authority.</summary>
    public T WithHost(string host) => NewInstance(Configuration.WithHost(host));

    /// <summary>For generated code.</summary>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
