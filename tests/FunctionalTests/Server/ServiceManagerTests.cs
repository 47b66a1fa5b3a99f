using System.Collections;
using System.Net.Sockets;
using System.Text;
using Inference.Server;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>What a service manager is told over its socket.</summary>
public sealed class ServiceManagerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("notify-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunAsync_ForAServiceManager_TellsItReadyAndStopping(bool isAbstract)
    {
        string name = isAbstract ? $"@notify-{Guid.NewGuid():N}" : Path.Combine(_folder, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? '\0' + name[1..] : name));
        string bundle = await RunningServer.WriteBundleAsync();
        using var stop = new CancellationTokenSource();

        Task<int> running = RunAsync(bundle, name, stop.Token);
        string loading = await ReceiveAsync(manager), ready = await ReceiveAsync(manager);
        await stop.CancelAsync();
        string stopping = await ReceiveAsync(manager);

        Assert.Equal(0, await running.WaitAsync(Patience));
        Assert.StartsWith("STATUS=", loading, StringComparison.Ordinal);
        Assert.Equal("READY=1", ready.Split('\n')[0]);
        Assert.Equal("STOPPING=1", stopping.Split('\n')[0]);
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(bundle))!, recursive: true);
    }

    [Fact]
    public async Task RunAsync_WhereTheServiceManagerIsAway_ServesAllTheSame()
    {
        string bundle = await RunningServer.WriteBundleAsync();
        using var stop = new CancellationTokenSource();
        var screen = new StringWriter();
        TextWriter output = TextWriter.Synchronized(screen);

        Task<int> running = RunAsync(bundle, Path.Combine(_folder, "nobody"), stop.Token, output);
        await Storage.RedisWorld.UntilAsync(Holds);
        await stop.CancelAsync();

        Assert.Equal(0, await running.WaitAsync(Patience));
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(bundle))!, recursive: true);

        bool Holds()
        {
            // The writer locks itself.
            lock (output)
                return screen.ToString().Contains("is ready.", StringComparison.Ordinal);
        }
    }

    private static Task<int> RunAsync(string bundle, string socket, CancellationToken stop, TextWriter? output = null) => ServerProgram.RunAsync(
        [$"--bundle={bundle}", "--grpc=127.0.0.1:0", "--http=127.0.0.1:0", "--Logging:LogLevel:Default=None", "--Inference:Loading:CacheFolder="],
        new Hashtable { ["NOTIFY_SOCKET"] = socket }, output ?? TextWriter.Null, TextWriter.Null, stop);

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        byte[] message = new byte[4096];
        using var patience = new CancellationTokenSource(Patience);
        int length = await socket.ReceiveAsync(message, SocketFlags.None, patience.Token);
        return Encoding.UTF8.GetString(message, 0, length);
    }
}
