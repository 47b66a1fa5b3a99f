using System.Threading.Channels;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging;

namespace Inference.Storage.Decisions;

/// <summary>
/// Brings decisions and events to a folder: a bounded queue, and one writer in the background that makes lines of them and appends what waits in one piece. What finds the queue full, or the folder
/// unwritable, is dropped and counted. A user who is forgotten is taken out of the files behind everything that was added before. Safe for concurrent use.
/// </summary>
internal sealed class DecisionFolder : IAsyncDisposable
{
    private const string Sink = "folder";
    private const int MostBytesAtOnce = 256 << 10;

    private static readonly TimeSpan HouseKeeping = TimeSpan.FromHours(1), Retry = TimeSpan.FromSeconds(30);
    private static readonly object KeepHouse = new();

    private readonly Channel<object> _queue = Channel.CreateUnbounded<object>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<UserKey> _forgotten = Channel.CreateUnbounded<UserKey>(new UnboundedChannelOptions { SingleReader = true });
    private readonly DecisionOptions _options;
    private readonly DecisionMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly DecisionFiles _files;
    private readonly DecisionLines _lines;
    private readonly CancellationTokenSource _abandoned = new();
    private readonly ITimer _houseKeeping;
    private readonly Task _writing, _forgetting;
    private int _length;
    private int _decisions, _events;

    public DecisionFolder(DecisionOptions options, DecisionMetrics metrics, TimeProvider time, ILogger log)
    {
        (_options, _metrics, _time, _log) = (options, metrics, time, log);
        _files = new DecisionFiles(options, time, log);
        _lines = new DecisionLines(options.UserKeys);
        metrics.WatchFolder(() => Volatile.Read(ref _length), () => _files.Size);
        _houseKeeping = time.CreateTimer(static queue => ((Channel<object>)queue!).Writer.TryWrite(KeepHouse), _queue, TimeSpan.Zero, HouseKeeping);
        _writing = Task.Run(WriteAsync);
        _forgetting = Task.Run(ForgetAsync);
    }

    /// <summary>Takes in a decision or an event; returns at once.</summary>
    public void Add(object item)
    {
        if (Interlocked.Increment(ref _length) <= _options.QueueLength && _queue.Writer.TryWrite(item))
            return;
        Interlocked.Decrement(ref _length);
        _metrics.Lost(Sink, "full", 1);
    }

    /// <summary>Takes a user out of the files; returns at once.</summary>
    public void Forget(UserKey user) => _queue.Writer.TryWrite(new Forgotten(user));

    /// <summary>Takes in nothing more, and waits until everything is written or the caller gives up.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await using (cancellationToken.Register(static source => ((CancellationTokenSource)source!).Cancel(), _abandoned))
        {
            await _writing;
            await _forgetting;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _houseKeeping.DisposeAsync();
        _queue.Writer.TryComplete();
        await _abandoned.CancelAsync();
        await _writing;
        await _forgetting;
        _files.Dispose();
        _lines.Dispose();
        _abandoned.Dispose();
    }

    private async Task WriteAsync()
    {
        // All that is queued is written even when the caller gives up: it is bounded, and quick where it can be written at all.
        int most = (int)Math.Min(MostBytesAtOnce, _options.MaxFileBytes);
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (_queue.Reader.TryRead(out object? item))
            {
                Take(item);
                if (_lines.Bytes.Length >= most)
                    Write();
            }

            Write();
        }

        _files.Dispose();
        _forgotten.Writer.TryComplete();
    }

    private void Take(object item)
    {
        int before = _lines.Bytes.Length;
        switch (item)
        {
            case Decision decision:
                _lines.Append(decision);
                _decisions++;
                break;
            case UserEvent userEvent:
                _lines.Append(userEvent);
                _events++;
                break;
            case Forgotten forgotten:
                Write();
                _forgotten.Writer.TryWrite(forgotten.User);
                return;
            default:
                Write();
                _files.KeepHouse();
                return;
        }

        // A file is not to grow beyond its size by a whole batch.
        if (before > 0 && _lines.Bytes.Length > _options.MaxFileBytes)
            Write();
    }

    private void Write()
    {
        int lines = _decisions + _events;
        if (lines == 0)
            return;
        if (_files.Append(_lines.Bytes.Span))
        {
            _metrics.Wrote(Sink, "decision", _decisions);
            _metrics.Wrote(Sink, "event", _events);
        }
        else
        {
            _metrics.Lost(Sink, "failed", lines);
        }

        (_decisions, _events) = (0, 0);
        _lines.Clear();
        Interlocked.Add(ref _length, -lines);
    }

    private async Task ForgetAsync()
    {
        var users = new HashSet<UserKey>();
        while (users.Count > 0 || await _forgotten.Reader.WaitToReadAsync())
        {
            while (_forgotten.Reader.TryRead(out UserKey user))
                users.Add(user);
            try
            {
                _metrics.Blanked(ForgottenKeys.TakeOut(_options.Folder, users, _abandoned.Token));
                users.Clear();
            }
            catch (OperationCanceledException)
            {
                Log.KeysNotTakenOut(_log, users.Count, null);
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.KeysNotTakenOut(_log, users.Count, e);
                if (_queue.Reader.Completion.IsCompleted)
                    return;
                await Task.WhenAny(Task.Delay(Retry, _time, _abandoned.Token), _writing);
            }
        }
    }

    private sealed record Forgotten(UserKey User);
}
