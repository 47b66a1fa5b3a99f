using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Inference.Towers.Bundles;

namespace Inference.Training.Data;

/// <summary>Reads a stream on a thread of its own, a few blocks ahead, so that unpacking and parsing run side by side.</summary>
internal sealed class ReadAheadStream : ForwardStream
{
    private const int BlockLength = 1 << 20;
    private const int BlocksAhead = 3;

    private readonly Stream _source;
    private readonly Thread _thread;
    private readonly BlockingCollection<(byte[] Block, int Length)> _filled = new(BlocksAhead);
    private readonly ConcurrentBag<byte[]> _spare = [];
    private readonly CancellationTokenSource _stop = new();
    private ExceptionDispatchInfo? _failure;
    private (byte[] Block, int Length) _current = ([], 0);
    private int _at;

    /// <param name="source">Disposed with this stream.</param>
    public ReadAheadStream(Stream source)
    {
        _source = source;
        _thread = new Thread(ReadOn) { IsBackground = true, Name = "read ahead" };
        _thread.Start();
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        if (_at == _current.Length)
        {
            if (_current.Block.Length > 0)
                _spare.Add(_current.Block);
            _at = 0;
            _current = ([], 0);
            if (!_filled.TryTake(out _current, Timeout.Infinite))
            {
                _current = ([], 0);
                _failure?.Throw();
                return 0;
            }
        }

        int length = Math.Min(buffer.Length, _current.Length - _at);
        _current.Block.AsSpan(_at, length).CopyTo(buffer);
        _at += length;
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Cancel();
            _thread.Join();
            _source.Dispose();
            _filled.Dispose();
            _stop.Dispose();
        }

        base.Dispose(disposing);
    }

    private void ReadOn()
    {
        try
        {
            while (true)
            {
                if (!_spare.TryTake(out byte[]? block))
                    block = new byte[BlockLength];
                int read = _source.ReadAtLeast(block, block.Length, throwOnEndOfStream: false);
                if (read > 0)
                    _filled.Add((block, read), _stop.Token);
                if (read < block.Length)
                    break;
            }
        }
        catch (OperationCanceledException)
        {
        }
#pragma warning disable CA1031 // Whatever it is, it is thrown again where the stream is read.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            _filled.CompleteAdding();
        }
    }
}
