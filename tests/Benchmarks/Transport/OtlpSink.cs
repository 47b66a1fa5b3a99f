using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Benchmarks.Transport;

/// <summary>A collector that takes OTLP over gRPC, and lets it go: what sending costs a server is measured against it.</summary>
internal static class OtlpSink
{
    /// <param name="args">--port PORT of 127.0.0.1.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not ["--port", var port])
        {
            await Console.Error.WriteLineAsync("usage: otlp-sink --port PORT");
            return 2;
        }

        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ListenLocalhost(int.Parse(port, CultureInfo.InvariantCulture), listen => listen.Protocols = HttpProtocols.Http2);
        });
        WebApplication app = builder.Build();
        long requests = 0, bytes = 0;
        app.Run(async context =>
        {
            var body = new CountingStream();
            await context.Request.Body.CopyToAsync(body);
            Interlocked.Increment(ref requests);
            Interlocked.Add(ref bytes, body.Written);
            context.Response.ContentType = "application/grpc";
            // An empty message in its frame.
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await app.RunAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"requests\":{requests},\"bytes\":{bytes}}}"));
        return 0;
    }

    private sealed class CountingStream : Stream
    {
        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Written;

        public override long Position { get => Written; set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Written += count;
    }
}
