using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>What <c>AddGrpc</c> returns, for further settings.</summary>
public interface IGrpcServerBuilder
{
    /// <summary>The services that are being set up.</summary>
    IServiceCollection Services { get; }
}
