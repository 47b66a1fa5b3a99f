using Grpc.Core;
using Xunit;
using Xunit.Abstractions;
using static FunctionalTests.Grpc.GrpcExchange;
using static FunctionalTests.Grpc.RawHttp2Connection;

namespace FunctionalTests.Grpc;

/// <summary>
/// Whatever bytes come in, the server ends the call or the connection, keeps no call and serves on. The seed is printed with every failure; the
/// bulk of the cases runs in memory, in the unit tests of the frame reader.
/// </summary>
public sealed class MalformedTrafficTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Seed = 1_586_421;

    private static readonly string[] s_methods = ["Unary", "Collect", "Expand", "Chat"];

    private GrpcHost _host = null!;

    public async Task InitializeAsync() => _host = await GrpcHost.StartAsync(options => options.MaxReceiveMessageSize = 10_000);

    public async Task DisposeAsync()
    {
        await _host.AssertIdleAsync();
        Assert.Equal([1], (await _host.CallAsync("Unary", ProbeFrame(1))).Content);
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Bodies_OfRandomBytes_AlwaysEndWithAStatus()
    {
        output.WriteLine($"seed {Seed}");
        await Parallel.ForEachAsync(Enumerable.Range(0, 3_000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (index, _) =>
        {
            var random = new Random(Seed + index);
            var (method, body) = (s_methods[random.Next(4)], Body(random));
            (string, string)[] headers = random.Next(3) == 0 ? [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")] : [];

            var reply = await _host.CallAsync(method, body, headers).WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None);

            Assert.True(Enum.IsDefined(reply.Status), $"seed {Seed} + {index}: {method} {Convert.ToHexString(body)}");
        });
    }

    [Fact]
    public async Task Connections_ThatBreakOffAnywhere_LeakNoCall()
    {
        output.WriteLine($"seed {Seed}");
        await Parallel.ForEachAsync(Enumerable.Range(0, 600), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (index, _) =>
        {
            var random = new Random(Seed + index);
            byte[] traffic =
            [
                .. CallHeaders(1, $"/{ProbeBinding.ServiceName}/{s_methods[random.Next(4)]}", more: random.Next(2) == 0 ? [("grpc-timeout", "1H")] : []),
                .. RawHttp2Connection.Frame(Data, random.Next(2) == 0 ? EndStream : (byte)0, 1, Body(random)),
            ];

            await using var connection = await OpenAsync(_host.Address);
            await connection.SendAsync(traffic[..random.Next(traffic.Length)]);
        });
    }

    [Fact]
    public async Task Connections_WithRandomFrames_LeakNoCall()
    {
        output.WriteLine($"seed {Seed}");
        await Parallel.ForEachAsync(Enumerable.Range(0, 600), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (index, _) =>
        {
            var random = new Random(Seed + index);
            await using var connection = await OpenAsync(_host.Address);
            await connection.SendAsync(CallHeaders(1, $"/{ProbeBinding.ServiceName}/{s_methods[random.Next(4)]}"));
            for (var frame = 0; frame < 6; frame++)
            {
                var payload = new byte[random.Next(64)];
                random.NextBytes(payload);
                var bytes = random.Next(4) == 0 ? payload : RawHttp2Connection.Frame((byte)random.Next(12), (byte)random.Next(256), random.Next(4), payload);
                if (!await connection.SendAsync(bytes))
                {
                    return;
                }
            }
        });
    }

    [Fact]
    public async Task Streams_ResetByTheCaller_LeakNoCall()
    {
        output.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        await using var connection = await OpenAsync(_host.Address);
        for (var stream = 1; stream < 160; stream += 2)
        {
            await connection.SendAsync(CallHeaders(stream, $"/{ProbeBinding.ServiceName}/{s_methods[random.Next(4)]}"));
            await connection.SendAsync(RawHttp2Connection.Frame(Data, 0, stream, ProbeFrame(1)));
            await connection.SendAsync(RawHttp2Connection.Frame(RstStream, 0, stream, [0, 0, 0, 8]));

            // Kestrel closes connections that reset faster than it can follow.
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact]
    public async Task Message_InDataFramesOfOneByte_IsServed()
    {
        await using var connection = await OpenAsync(_host.Address);
        await connection.SendAsync(CallHeaders(1, $"/{ProbeBinding.ServiceName}/Unary"));
        foreach (var piece in ProbeFrame(1, 2, 3))
        {
            await connection.SendAsync(RawHttp2Connection.Frame(Data, 0, 1, [piece]));
        }

        await connection.SendAsync(RawHttp2Connection.Frame(Data, EndStream, 1, []));

        Assert.True(await connection.ReadToEndOfAsync(1, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Deadline_OfCallThatSendsNothing_EndsTheStream()
    {
        await using var connection = await OpenAsync(_host.Address);
        await connection.SendAsync(CallHeaders(1, $"/{ProbeBinding.ServiceName}/Unary", more: [("grpc-timeout", "50m")]));

        Assert.True(await connection.ReadToEndOfAsync(1, TimeSpan.FromSeconds(10)));
    }

    /// <summary>Frames, some of them damaged, or plain noise.</summary>
    private static byte[] Body(Random random)
    {
        var body = new List<byte>();
        for (var i = random.Next(4); i > 0; i--)
        {
            var content = new byte[random.Next(random.Next(2) == 0 ? 8 : 12_000)];
            random.NextBytes(content);
            body.AddRange(random.Next(3) == 0 ? Frame(content, random.Next(2) == 0) : Frame(Probe(content), random.Next(8) == 0));
        }

        switch (random.Next(4))
        {
            case 0 when body.Count > 0:
                body[random.Next(body.Count)] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when body.Count > 0:
                body.RemoveRange(0, random.Next(body.Count));
                break;
            case 2:
                var noise = new byte[random.Next(40)];
                random.NextBytes(noise);
                body.AddRange(noise);
                break;
        }

        return [.. body];
    }
}
