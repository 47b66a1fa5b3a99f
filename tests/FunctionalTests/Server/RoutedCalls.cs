using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace FunctionalTests.Server;

/// <summary>Hears of each call to one address for which the framework found a route.</summary>
internal sealed class RoutedCalls : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string Matched = "Microsoft.AspNetCore.Routing.EndpointMatched";

    private readonly int _port;
    private readonly ConcurrentBag<IDisposable> _heard = [];

    /// <param name="address">Whose port counts: listeners hear all servers of the process.</param>
    public RoutedCalls(string address)
    {
        _port = new Uri(address).Port;
        _heard.Add(DiagnosticListener.AllListeners.Subscribe(this));
    }

    /// <summary>Their paths.</summary>
    public ConcurrentQueue<string> Paths { get; } = new();

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.AspNetCore")
            _heard.Add(value.Subscribe(this, static (name, _, _) => name == Matched));
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is { Key: Matched, Value: HttpContext context } && context.Connection.LocalPort == _port)
            Paths.Enqueue(context.Request.Path.Value!);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void Dispose()
    {
        foreach (IDisposable one in _heard)
            one.Dispose();
    }
}
