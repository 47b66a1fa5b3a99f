using System.Globalization;
using System.Text.Json;

namespace InteropTests.Foreign;

/// <summary>A foreign server of the test service, on a free port.</summary>
internal sealed class ForeignServer : IAsyncDisposable
{
    private readonly ForeignProcess _process;

    private ForeignServer(ForeignProcess process, string address)
    {
        _process = process;
        Address = address;
    }

    /// <summary>HOST:PORT.</summary>
    public string Address { get; }

    public static async Task<ForeignServer> StartAsync(ForeignRuntime runtime, CancellationToken cancellationToken)
    {
        var process = ForeignProcess.Start(runtime.Program, runtime.Server);
        try
        {
            using var handshake = JsonDocument.Parse(await process.ReadLineAsync(cancellationToken));
            return new ForeignServer(process, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{handshake.RootElement.GetProperty("port").GetInt32()}"));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
