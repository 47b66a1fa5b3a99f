using System.Buffers;
using System.Globalization;
using Inference.Cli.Frame;
using Recsys.V1;

namespace Inference.Cli.Export;

/// <summary>
/// Writes an answer for each user to a file, stream after stream: where one breaks off, the next goes on behind the last answer, after a pause that doubles while nothing comes. It gives up when streams have
/// done nothing but break off for too long; that nobody asked for a while before the first of them does not count.
/// </summary>
internal sealed class ExportRun(ExportStream stream, ExportFile file, LineFormat format, ExportTally tally, TimeSpan flushInterval, TimeSpan giveUpAfter, CommandHost host)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200), LongestPause = TimeSpan.FromSeconds(10);

    private readonly ArrayBufferWriter<byte> _line = new(1 << 16);
    private readonly long _start = host.Time.GetTimestamp();
    private long _flushed = host.Time.GetTimestamp();

    /// <summary>When the first stream broke off behind the last answer; null while none has.</summary>
    private long? _broken;

    /// <exception cref="CommandFailedException">The server refuses the question, or was away for too long.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (TimeSpan pause = FirstPause; ;)
            {
                long before = tally.Written;
                try
                {
                    await stream.RunAsync(Take, cancellationToken);
                    tally.IsComplete = true;
                    return;
                }
                catch (BrokenStreamException broken)
                {
                    file.Flush();
                    tally.Reconnects++;
                    if (tally.Written > before)
                        pause = FirstPause;
                    TimeSpan away = host.Time.GetElapsedTime(_broken ??= host.Time.GetTimestamp());
                    if (away + pause > giveUpAfter)
                        throw new CommandFailedException(FormattableString.Invariant($"no answer for {away.TotalSeconds:0} s ({broken.Message}). The file holds {tally.Before + tally.Written} users; --resume goes on behind them."), broken);
                    host.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the stream broke off behind {tally.Before + tally.Written} users ({broken.Message}); trying again in {pause.TotalSeconds:0.0} s"));
                    await Task.Delay(pause, host.Time, cancellationToken);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
            }
        }
        finally
        {
            file.Finish();
            tally.Elapsed = host.Time.GetElapsedTime(_start);
        }
    }

    private void Take(ExportUser user, RecommendStreamResponse answer)
    {
        _line.ResetWrittenCount();
        if (user.Fault is null && answer.Response is { } response)
        {
            format.Write(_line, user.Id, response);
            tally.Add(response);
        }
        else
        {
            ExportError error = user.Fault is { } fault ? ExportError.OfLine(fault) : ExportError.Of(answer.Error ?? new Google.Rpc.Status());
            format.WriteError(_line, user.Id, error);
            tally.Add(error);
        }

        file.Append(_line.WrittenSpan);
        _broken = null;
        long now = host.Time.GetTimestamp();
        if (host.Time.GetElapsedTime(_flushed, now) < flushInterval)
            return;
        file.Flush();
        _flushed = now;
    }
}
