using Grpc.Core;
using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Server.Options;
using Inference.Server.Requests;

namespace Inference.Server.Security.Audit;

/// <summary>Where records go: the log category Inference.Audit, and the file where there is one. A file that cannot be written is told at once and counted; what it misses is still in the log.</summary>
internal sealed class AuditTrail : IDisposable
{
    /// <summary>The log category.</summary>
    public const string Category = "Inference.Audit";

    /// <summary>Most refused calls that are recorded in a minute: whoever is refused must not be able to push other records out.</summary>
    private const int MostRefused = 60;

    private readonly AuditOptions _options;
    private readonly RequestIds _ids;
    private readonly SecurityMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly AuditFile? _file;
    private readonly Lock _lock = new();
    private bool _isBroken;
    private long _minute;
    private int _refused, _suppressed;

    public AuditTrail(AuditOptions options, RequestIds ids, SecurityMetrics metrics, TimeProvider time, ILoggerFactory logs)
    {
        (_options, _ids, _metrics, _time) = (options, ids, metrics, time);
        _log = logs.CreateLogger(Category);
        _file = options.File.Length > 0 ? new AuditFile(options) : null;
        _minute = time.GetTimestamp();
    }

    /// <summary>Whether calls of operators must be refused, because they could not be recorded. After a record was lost, the file has to take a line that says so first.</summary>
    public bool MustRefuse => _options.RefuseWhenBroken && _file is { } file && !(Volatile.Read(ref _isBroken) ? file.TryAppend(GapLine(), isDurable: true, out _) : file.CanWrite());

    /// <summary>An id for a record.</summary>
    public string NextId() => _ids.Next();

    /// <summary>Records a call.</summary>
    public void Write(AuditRecord record)
    {
        string line = record.ToLine();
        Log.Audited(_log, line);
        if (_file is null)
            return;
        bool isWritten = _file.TryAppend(line, record.IsDurable, out string problem);
        if (!isWritten)
        {
            _metrics.AuditLost();
            if (!Volatile.Read(ref _isBroken))
                Log.AuditBroken(_log, _options.File, problem);
        }

        Volatile.Write(ref _isBroken, !isWritten);
    }

    /// <summary>Records that somebody was refused who called a method of operators.</summary>
    public void WriteRefused(HttpContext http, MethodRule rule, Failure failure)
    {
        int suppressed;
        lock (_lock)
        {
            if (_time.GetElapsedTime(_minute) >= TimeSpan.FromMinutes(1))
                (_minute, _refused) = (_time.GetTimestamp(), 0);
            if (++_refused > MostRefused)
            {
                _suppressed++;
                return;
            }

            (suppressed, _suppressed) = (_suppressed, 0);
        }

        string peer = http.Connection.RemoteIpAddress is { } address
            ? $"{(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "ipv6" : "ipv4")}:{new System.Net.IPEndPoint(address, http.Connection.RemotePort)}"
            : "unknown";
        Write(new AuditRecord(_time.GetUtcNow(), NextId(), rule.Path[1..], http.Features.Get<Caller>(), peer, StatusNames.Of(failure.Code), failure.Reason, [], TimeSpan.Zero) { Suppressed = suppressed });
    }

    private string GapLine() => $"{{\"time\":\"{_time.GetUtcNow().UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}\",\"outcome\":\"GAP\"}}";

    public void Dispose() => _file?.Dispose();
}
