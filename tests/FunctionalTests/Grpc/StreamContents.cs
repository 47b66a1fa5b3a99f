using System.Net;

namespace FunctionalTests.Grpc;

/// <summary>A body that is sent in small pieces, each on its own.</summary>
internal sealed class PiecewiseContent(byte[] body, int pieceSize) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        for (var at = 0; at < body.Length; at += pieceSize)
        {
            await stream.WriteAsync(body.AsMemory(at, Math.Min(pieceSize, body.Length - at)));
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>A body that a test writes while the response arrives; ends with <see cref="Complete"/>.</summary>
internal sealed class PushContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task SendAsync(byte[] bytes)
    {
        var stream = await _stream.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await stream.WriteAsync(bytes);
        await stream.FlushAsync();
    }

    public void Complete() => _completed.TrySetResult();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.FlushAsync(cancellationToken);
        _stream.SetResult(stream);
        await _completed.Task.WaitAsync(cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>Reads the messages of a reply one by one as they arrive.</summary>
internal sealed class FrameStream(Stream stream)
{
    public static async Task<FrameStream> OpenAsync(HttpResponseMessage response) => new(await response.Content.ReadAsStreamAsync());

    /// <summary>The next message, or null at the end.</summary>
    public async Task<byte[]?> NextAsync()
    {
        var header = new byte[5];
        if (await stream.ReadAtLeastAsync(header, 5, throwOnEndOfStream: false).AsTask().WaitAsync(TimeSpan.FromSeconds(10)) == 0)
        {
            return null;
        }

        var message = new byte[System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1))];
        await stream.ReadExactlyAsync(message).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        return message;
    }
}
