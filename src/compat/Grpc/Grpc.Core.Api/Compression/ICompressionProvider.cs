using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>One compression of messages. Providers are shared by all calls and keep no state.</summary>
public interface ICompressionProvider
{
    /// <summary>The name in <c>grpc-encoding</c>.</summary>
    string EncodingName { get; }

    /// <summary>A stream that compresses what is written to it into <paramref name="stream"/>, which it leaves open.</summary>
    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    /// <summary>A stream from which what is compressed in <paramref name="stream"/> is read.</summary>
    Stream CreateDecompressionStream(Stream stream);
}
