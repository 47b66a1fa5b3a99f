using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Starts the options of one service as those of all services. Interceptors are not copied: those of all services run anyway.</summary>
internal sealed class InheritedOptions<TService>(IOptions<GrpcServiceOptions> all) : IConfigureOptions<GrpcServiceOptions<TService>>
    where TService : class
{
    public void Configure(GrpcServiceOptions<TService> options)
    {
        options.AreSet = true;
        options.MaxReceiveMessageSize = all.Value.MaxReceiveMessageSize;
        options.MaxSendMessageSize = all.Value.MaxSendMessageSize;
        options.EnableDetailedErrors = all.Value.EnableDetailedErrors;
        options.ResponseCompressionAlgorithm = all.Value.ResponseCompressionAlgorithm;
        options.ResponseCompressionLevel = all.Value.ResponseCompressionLevel;
        options.CompressionProviders = [.. all.Value.CompressionProviders];
        options.IgnoreUnknownServices = all.Value.IgnoreUnknownServices;
    }
}
