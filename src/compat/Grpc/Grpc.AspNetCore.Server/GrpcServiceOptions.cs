using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>How services receive and send; for all services, or by <see cref="GrpcServiceOptions{TService}"/> for one.</summary>
public class GrpcServiceOptions
{
    internal const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>The most bytes of a received message, as it travels and after decompression; a larger one ends the call with RESOURCE_EXHAUSTED.</summary>
    /// <value>4 MiB. Null is no limit other than 2 GiB.</value>
    public int? MaxReceiveMessageSize { get; set; } = DefaultMaxReceiveMessageSize;

    /// <summary>The most bytes of a sent message before compression; a larger one ends the call with RESOURCE_EXHAUSTED.</summary>
    /// <value>Null: no limit other than 2 GiB.</value>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Whether the status of a call whose handler threw tells the type and message of the exception. Not for services that strangers call.</summary>
    /// <value>Null, which is false.</value>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>The encoding of replies to callers that accept it; it must be the name of one of the <see cref="CompressionProviders"/>.</summary>
    /// <value>Null: replies are not compressed.</value>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>How hard replies are compressed.</summary>
    /// <value>Null: the provider's default.</value>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>The encodings that are understood.</summary>
    /// <value>gzip, where the list is left empty.</value>
    public IList<ICompressionProvider> CompressionProviders { get; set; } = [];

    /// <summary>Whether calls to services and methods that are not there are left to the rest of the application instead of being answered with UNIMPLEMENTED.</summary>
    /// <value>Null, which is false.</value>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>What calls pass through, the first one first; those of all services before those of one.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}

/// <summary>Options of one service. They start as those of all services.</summary>
/// <typeparam name="TService">The service.</typeparam>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
    /// <summary>Whether somebody set options for this service; those of all services apply otherwise.</summary>
    internal bool AreSet { get; set; }
}
