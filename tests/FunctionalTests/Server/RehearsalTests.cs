using System.Diagnostics.Metrics;
using System.Net;
using Inference.Recommendations.Snapshots;
using Inference.Server.Rehearsals;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>The calls that a server makes before anybody else does.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class RehearsalTests
{
    [Fact]
    public async Task Run_CallsInAllWays_AndNothingOfItIsCounted()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Snapshot snapshot = server.Host.Services.GetRequiredService<SnapshotRegistry>().Active!;
        int counted = 0, unheard = 0;
        using var listener = new MeterListener { InstrumentPublished = static (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => Count(instrument));
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => Count(instrument));
        listener.Start();

        int answered = await server.Host.Services.GetRequiredService<Rehearsal>().RunAsync(snapshot, TimeSpan.FromMinutes(1), CancellationToken.None);

        Assert.Equal(31 * 8, answered);
        Assert.Equal(0, counted);
        Assert.True(unheard >= answered, "The calls were to be counted where nobody hears it.");
        // The snapshot is as it was: it answers, and nobody holds it.
        Assert.Equal(10, (await server.Recommendations.RecommendAsync(new() { Limit = 10 })).Items.Count);

        void Count(Instrument instrument)
        {
            if (instrument.Meter.Name == "unheard")
                Interlocked.Increment(ref unheard);
            else if (instrument.Meter.Name.StartsWith("Inference", StringComparison.Ordinal) || instrument.Name is "http.server.request.duration")
                Interlocked.Increment(ref counted);
        }
    }

    [Fact]
    public async Task Run_WhenTheTimeIsOver_Ends()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Snapshot snapshot = server.Host.Services.GetRequiredService<SnapshotRegistry>().Active!;
        Rehearsal rehearsal = server.Host.Services.GetRequiredService<Rehearsal>();

        Assert.Equal(0, await rehearsal.RunAsync(snapshot, TimeSpan.Zero, CancellationToken.None));
        Assert.InRange(await rehearsal.RunAsync(snapshot, TimeSpan.FromMilliseconds(1), CancellationToken.None), 0, 30 * 8);
    }

    [Fact]
    public async Task Run_WhenItIsCancelled_Throws()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Snapshot snapshot = server.Host.Services.GetRequiredService<SnapshotRegistry>().Active!;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => server.Host.Services.GetRequiredService<Rehearsal>().RunAsync(snapshot, TimeSpan.FromMinutes(1), new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Door_GivesBothEndsOfAConnection_AndNoneOnceItIsClosed()
    {
        using var connections = new StageConnections(NullLoggerFactory.Instance);
        var door = new StageConnections.Door(HttpProtocols.Http2);
        Assert.True(connections.CanBind(door));
        Assert.False(connections.CanBind(new IPEndPoint(IPAddress.Loopback, 0)));
        IConnectionListener listener = await connections.BindAsync(door);

        await using Stream client = await door.ConnectAsync(CancellationToken.None);
        await using ConnectionContext server = (await listener.AcceptAsync())!;
        await client.WriteAsync("hello"u8.ToArray());
        Assert.Equal("hello", System.Text.Encoding.UTF8.GetString((await server.Transport.Input.ReadAsync()).Buffer.FirstSpan));

        await listener.DisposeAsync();
        Assert.Null(await listener.AcceptAsync());
        await using Stream late = await door.ConnectAsync(CancellationToken.None);
        Assert.Equal(0, await late.ReadAsync(new byte[1]));
    }
}
