using Microsoft.Extensions.Logging;

namespace ChaosTests.Server;

/// <summary>The latest of what a server has logged, for messages of tests.</summary>
internal sealed class KeptLog : ILoggerProvider, ILogger
{
    private const int Most = 30;

    private readonly Queue<string> _lines = new();
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly long _start = TimeProvider.System.GetTimestamp();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string line = FormattableString.Invariant($"{_time.GetElapsedTime(_start).TotalSeconds:0.00} s {logLevel}: {formatter(state, exception)} {exception?.Message}");
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > Most)
                _lines.Dequeue();
        }
    }

    public void Dispose()
    {
    }

    public override string ToString()
    {
        lock (_lines)
            return string.Join('\n', _lines);
    }
}
