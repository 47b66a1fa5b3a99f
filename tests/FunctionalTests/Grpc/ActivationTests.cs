using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static FunctionalTests.Grpc.GrpcExchange;

namespace FunctionalTests.Grpc;

public sealed class ActivationTests
{
    [Fact]
    public async Task Service_NotRegistered_IsMadeAndDisposedForEachCall()
    {
        var ledger = new Ledger();
        await using var host = await GrpcHost.StartAsync(services: services => services.AddSingleton(ledger), map: app => app.MapGrpcService<CountedService>());

        for (var call = 0; call < 3; call++)
        {
            Assert.Equal(StatusCode.OK, (await host.CallAsync("Unary", ProbeFrame())).Status);
        }

        await GrpcHost.AssertBecomesAsync((3, 3), () => (ledger.Made, ledger.Disposed));
    }

    [Fact]
    public async Task Service_ThatThrows_IsDisposed()
    {
        var ledger = new Ledger();
        await using var host = await GrpcHost.StartAsync(services: services => services.AddSingleton(ledger), map: app => app.MapGrpcService<CountedService>());
        host.Behavior.Unary = (_, _) => throw new InvalidOperationException();

        Assert.Equal(StatusCode.Unknown, (await host.CallAsync("Unary", ProbeFrame())).Status);

        await GrpcHost.AssertBecomesAsync((1, 1), () => (ledger.Made, ledger.Disposed));
    }

    [Fact]
    public async Task Service_RegisteredAsSingleton_IsMadeOnce()
    {
        var ledger = new Ledger();
        await using var host = await GrpcHost.StartAsync(
            services: services => services.AddSingleton(ledger).AddSingleton<CountedService>(), map: app => app.MapGrpcService<CountedService>());

        for (var call = 0; call < 3; call++)
        {
            await host.CallAsync("Unary", ProbeFrame());
        }

        Assert.Equal((1, 0), (ledger.Made, ledger.Disposed));
    }

    [Fact]
    public async Task Service_RegisteredAsScoped_SharesTheScopeOfItsRequest()
    {
        var ledger = new Ledger();
        await using var host = await GrpcHost.StartAsync(
            services: services => services.AddSingleton(ledger).AddScoped<CountedService>(), map: app => app.MapGrpcService<CountedService>());
        host.Behavior.Unary = (request, context) =>
        {
            Assert.NotNull(context.GetHttpContext().RequestServices.GetRequiredService<CountedService>());
            return Task.FromResult(request);
        };

        for (var call = 0; call < 2; call++)
        {
            Assert.Equal(StatusCode.OK, (await host.CallAsync("Unary", ProbeFrame())).Status);
        }

        await GrpcHost.AssertBecomesAsync((2, 2), () => (ledger.Made, ledger.Disposed));
    }

    [Fact]
    public async Task Service_WhoseConstructorThrows_FailsTheCallAndServesOn()
    {
        await using var host = await GrpcHost.StartAsync(map: app => app.MapGrpcService<UnmakeableService>());

        for (var call = 0; call < 2; call++)
        {
            var reply = await host.CallAsync("Unary", ProbeFrame());
            Assert.Equal(StatusCode.Unknown, reply.Status);
            Assert.Equal("Exception was thrown by handler.", reply.Detail);
        }
    }

    [Theory]
    [InlineData("Unary")]
    [InlineData("Collect")]
    [InlineData("Expand")]
    [InlineData("Chat")]
    public async Task Interceptors_OfAllServicesAndOfOne_RunInTheirOrder(string method)
    {
        var log = new CallLog();
        await using var host = await GrpcHost.StartAsync(
            options =>
            {
                options.Interceptors.Add<NamingInterceptor>("a");
                var type = typeof(NamingInterceptor);
                options.Interceptors.Add(type, "b");
            },
            services => services.AddSingleton(log),
            grpc: grpc => grpc.AddServiceOptions<ProbeService>(options => options.Interceptors.Add<NamingInterceptor>("c")));

        Assert.Equal(StatusCode.OK, (await host.CallAsync(method, ProbeFrame(1))).Status);

        Assert.Equal(["a+", "b+", "c+", "c-", "b-", "a-"], log.Lines);
        await GrpcHost.AssertBecomesAsync(3, () => log.Disposed);
    }

    [Fact]
    public async Task Interceptor_RegisteredAsSingleton_ComesFromTheServices()
    {
        var log = new CallLog();
        var interceptor = new NamingInterceptor(log, "shared");
        await using var host = await GrpcHost.StartAsync(
            options => options.Interceptors.Add<NamingInterceptor>(), services => services.AddSingleton(interceptor));

        await host.CallAsync("Unary", ProbeFrame(1));
        await host.CallAsync("Unary", ProbeFrame(1));

        Assert.Equal(["shared+", "shared-", "shared+", "shared-"], log.Lines);
        Assert.Equal(0, log.Disposed);
    }

    [Fact]
    public async Task Interceptor_ThatThrows_SetsTheStatus()
    {
        await using var host = await GrpcHost.StartAsync(options => options.Interceptors.Add<RefusingInterceptor>());
        var called = false;
        host.Behavior.Unary = (request, _) =>
        {
            called = true;
            return Task.FromResult(request);
        };

        var reply = await host.CallAsync("Unary", ProbeFrame());

        Assert.Equal(StatusCode.PermissionDenied, reply.Status);
        Assert.False(called);
    }

    [Fact]
    public void Interceptors_WithTypeThatIsNone_ThrowArgument()
        => Assert.Throws<ArgumentException>(() => new GrpcServiceOptions().Interceptors.Add(typeof(string)));

    [Fact]
    public async Task Endpoint_OfMethod_TellsWhichMethodItIs()
    {
        await using var host = await GrpcHost.StartAsync();
        GrpcMethodMetadata? metadata = null;
        host.Behavior.Unary = (request, context) =>
        {
            metadata = context.GetHttpContext().GetEndpoint()!.Metadata.GetMetadata<GrpcMethodMetadata>();
            return Task.FromResult(request);
        };

        await host.CallAsync("Unary", ProbeFrame());

        Assert.Equal(typeof(ProbeService), metadata!.ServiceType);
        Assert.Equal("/functional.Probe/Unary", metadata.Method.FullName);
        Assert.Equal(MethodType.Unary, metadata.Method.Type);
    }

    [Fact]
    public async Task Conventions_OnTheService_ReachEveryMethod()
    {
        await using var host = await GrpcHost.StartAsync(map: app => app.MapGrpcService<ProbeService>().WithMetadata("mark"));
        string? mark = null;
        host.Behavior.Unary = (request, context) =>
        {
            mark = context.GetHttpContext().GetEndpoint()!.Metadata.GetMetadata<string>();
            return Task.FromResult(request);
        };

        await host.CallAsync("Unary", ProbeFrame());

        Assert.Equal("mark", mark);
    }

    private sealed class Ledger
    {
        private int _made;
        private int _disposed;

        public int Made => _made;

        public int Disposed => _disposed;

        public void Make() => Interlocked.Increment(ref _made);

        public void Dispose() => Interlocked.Increment(ref _disposed);
    }

    private sealed class CountedService : ProbeService, IAsyncDisposable
    {
        private readonly Ledger _ledger;

        public CountedService(ProbeBehavior behavior, Ledger ledger)
            : base(behavior)
        {
            _ledger = ledger;
            ledger.Make();
        }

        public ValueTask DisposeAsync()
        {
            _ledger.Dispose();
            return default;
        }
    }

    private sealed class UnmakeableService : ProbeBase
    {
        public UnmakeableService() => throw new InvalidOperationException("constructor");
    }

    private sealed class CallLog
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines => _lines;

        public int Disposed { get; private set; }

        public void Add(string line) => _lines.Add(line);

        public void Dispose() => Disposed++;
    }

    private sealed class NamingInterceptor(CallLog log, string name) : Interceptor, IDisposable
    {
        public void Dispose() => log.Dispose();

        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            log.Add(name + "+");
            var response = await continuation(request, context);
            log.Add(name + "-");
            return response;
        }

        public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            log.Add(name + "+");
            var response = await continuation(requestStream, context);
            log.Add(name + "-");
            return response;
        }

        public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            log.Add(name + "+");
            await continuation(request, responseStream, context);
            log.Add(name + "-");
        }

        public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            log.Add(name + "+");
            await continuation(requestStream, responseStream, context);
            log.Add(name + "-");
        }
    }

    private sealed class RefusingInterceptor : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
            => throw new RpcException(new Status(StatusCode.PermissionDenied, "no"));
    }
}
