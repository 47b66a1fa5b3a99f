using System.Collections.Frozen;
using System.IO.Compression;
using Grpc.Core.Wire;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>What the calls of one service have in common, resolved when the service is mapped.</summary>
internal sealed class MethodSettings
{
    private readonly FrozenDictionary<string, ICompressionProvider> _compression;

    /// <summary>Resolves options.</summary>
    /// <exception cref="InvalidOperationException">The options name a compression that no provider offers.</exception>
    public MethodSettings(GrpcServiceOptions options, ILogger logger, TimeProvider time)
    {
        Logger = logger;
        Time = time;
        MaxReceiveLength = options.MaxReceiveMessageSize ?? int.MaxValue;
        MaxSendLength = options.MaxSendMessageSize ?? int.MaxValue;
        TellsErrors = options.EnableDetailedErrors == true;
        ResponseLevel = options.ResponseCompressionLevel;

        var providers = new Dictionary<string, ICompressionProvider>(StringComparer.Ordinal);
        foreach (var provider in options.CompressionProviders.Count > 0 ? options.CompressionProviders : [new GzipCompressionProvider(CompressionLevel.Fastest)])
        {
            providers.TryAdd(provider.EncodingName, provider);
        }

        AcceptEncoding = string.Join(',', [WireNames.Identity, .. providers.Keys]);
        _compression = providers.ToFrozenDictionary(StringComparer.Ordinal);
        if (options.ResponseCompressionAlgorithm is { } name && name != WireNames.Identity)
        {
            ResponseCompression = FindCompression(name)
                ?? throw new InvalidOperationException($"ResponseCompressionAlgorithm is '{name}', which none of the CompressionProviders offers ({AcceptEncoding}).");
        }
    }

    public ILogger Logger { get; }

    public TimeProvider Time { get; }

    /// <summary>The most bytes of a received message, as it travels and decompressed.</summary>
    public int MaxReceiveLength { get; }

    /// <summary>The most bytes of a sent message before compression.</summary>
    public int MaxSendLength { get; }

    /// <summary>Whether callers learn of exceptions.</summary>
    public bool TellsErrors { get; }

    /// <summary>How replies are compressed for callers that accept it, or null.</summary>
    public ICompressionProvider? ResponseCompression { get; }

    /// <summary>How hard, or null for the provider's default.</summary>
    public CompressionLevel? ResponseLevel { get; }

    /// <summary>What <c>grpc-accept-encoding</c> says to a caller whose encoding is not known.</summary>
    public string AcceptEncoding { get; }

    public ICompressionProvider? FindCompression(string encoding) => _compression.GetValueOrDefault(encoding);
}
