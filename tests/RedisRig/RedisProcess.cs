using System.Globalization;
using System.Net.Sockets;

namespace RedisRig;

/// <summary>
/// A real redis-server on a port and in a temporary folder of its own, which can be killed, brought back on the same port, frozen and reconfigured. Nothing is kept on
/// disk unless asked for. It ends when disposed, and at the latest with this process.
/// </summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private const string Program = "redis-server";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly RedisSettings _settings;
    private GuardedProcess? _process;

    private RedisProcess(RedisSettings settings)
    {
        _settings = settings;
        Port = FreePorts.Take();
        Folder = Directory.CreateTempSubdirectory("redis-").FullName;
        if (settings.IsTls)
            TestCertificate.Write(Folder);
    }

    /// <summary>Why tests that need Redis cannot run here; null where they can.</summary>
    public static string? Missing { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(static folder => File.Exists(Path.Combine(folder, Program)))
            ? null
            : $"{Program} is not on the path; './dev test' installs it where it may, or see redis.io.";

    /// <summary>Its port on 127.0.0.1, the same for life.</summary>
    public int Port { get; }

    /// <summary>Its folder: redis.conf, redis.log and what it persists.</summary>
    public string Folder { get; }

    /// <summary>Id of its process.</summary>
    /// <exception cref="InvalidOperationException">It is not running.</exception>
    public int ProcessId => _process?.Id ?? throw NotRunning();

    /// <summary>Whether it has been started and not killed.</summary>
    public bool IsRunning => _process is not null;

    /// <summary>Path of the certificate that its TLS port shows (PEM).</summary>
    public string CertificatePath => Path.Combine(Folder, TestCertificate.CertificateFile);

    /// <summary>What a client needs to reach it, in the notation of StackExchange.Redis.</summary>
    public string Configuration => ConfigurationFor(Port);

    /// <summary>Starts a server and waits until it answers.</summary>
    public static async Task<RedisProcess> StartAsync(RedisSettings? settings = null)
    {
        var redis = new RedisProcess(settings ?? new RedisSettings());
        try
        {
            await redis.StartAgainAsync();
            return redis;
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary><see cref="Configuration"/> by another port, for example that of a proxy before it.</summary>
    public string ConfigurationFor(int port) =>
        string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")
        + (_settings.Password is null ? "" : $",password={_settings.Password}")
        + (_settings.IsTls ? ",ssl=true,sslHost=localhost" : "");

    /// <summary>Ends it by SIGKILL, frozen or not, and returns once the port is free.</summary>
    public async Task KillAsync()
    {
        if (Interlocked.Exchange(ref _process, null) is { } process)
            await process.DisposeAsync();
    }

    /// <summary>Starts it again on the same port after <see cref="KillAsync"/>, and waits until it answers.</summary>
    public async Task StartAgainAsync()
    {
        if (_process is not null)
            throw new InvalidOperationException("Redis is running.");
        string configuration = Path.Combine(Folder, "redis.conf");
        await File.WriteAllLinesAsync(configuration, Lines());
        _process = await GuardedProcess.StartAsync(Program, _settings.IsSentinel ? [configuration, "--sentinel"] : [configuration]);
        await Until.TrueAsync(AnswersAsync, s_patience, () => $"Redis did not start on port {Port}. {Log()}");
    }

    /// <summary>Freezes it by SIGSTOP: its sockets stay open, and take what fits, but nothing is answered.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>Lets it go on by SIGCONT.</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    /// <summary>Changes a setting of the running server (CONFIG SET).</summary>
    public Task ConfigureAsync(string name, string value) => ExecuteAsync("CONFIG", "SET", name, value);

    /// <summary>A connection of its own to it.</summary>
    public Task<RedisClient> ConnectAsync(CancellationToken cancellationToken = default) => RedisClient.ConnectAsync(Port, _settings.Password, _settings.IsTls ? CertificatePath : null, cancellationToken);

    /// <summary>Runs one command over a connection of its own.</summary>
    /// <param name="words">Strings and byte arrays.</param>
    /// <exception cref="RedisErrorException">Redis answered with an error.</exception>
    public async Task<RedisReply> ExecuteAsync(params object[] words)
    {
        await using RedisClient client = await ConnectAsync();
        return await client.ExecuteAsync(words);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static InvalidOperationException NotRunning() => new("Redis is not running.");

    private async Task SignalAsync(string signal)
    {
        if (!await (_process ?? throw NotRunning()).SignalAsync(signal))
            throw new InvalidOperationException($"Redis ended by itself. {Log()}");
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            return (await ExecuteAsync("PING")).Text == "PONG";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
        catch (RedisErrorException e) when (e.Message.StartsWith("LOADING", StringComparison.Ordinal))
        {
            return false;
        }
    }

    private string Log()
    {
        string path = Path.Combine(Folder, "redis.log");
        return File.Exists(path) ? string.Join('\n', File.ReadLines(path).TakeLast(10)) : "It wrote no log.";
    }

    private IEnumerable<string> Lines()
    {
        yield return "bind 127.0.0.1";
        yield return _settings.IsTls ? "port 0" : Line("port", Port);
        yield return $"dir {Folder}";
        yield return $"logfile {Path.Combine(Folder, "redis.log")}";
        yield return "save \"\"";
        yield return $"appendonly {(_settings.IsPersistent ? "yes" : "no")}";
        yield return "appendfsync always";
        // Replicas attach at once, without a file.
        yield return "repl-diskless-sync yes";
        yield return "repl-diskless-sync-delay 0";
        if (_settings.Password is not null)
        {
            yield return $"requirepass {_settings.Password}";
            yield return $"masterauth {_settings.Password}";
        }

        if (_settings.IsTls)
        {
            yield return Line("tls-port", Port);
            yield return $"tls-cert-file {CertificatePath}";
            yield return $"tls-key-file {Path.Combine(Folder, TestCertificate.KeyFile)}";
            yield return $"tls-ca-cert-file {CertificatePath}";
            yield return "tls-auth-clients no";
        }

        if (_settings.IsClusterNode)
        {
            yield return "cluster-enabled yes";
            yield return "cluster-config-file nodes.conf";
            yield return "cluster-node-timeout 1000";
            yield return "cluster-replica-validity-factor 0";
            yield return "cluster-announce-ip 127.0.0.1";
            if (_settings.AnnouncedPort is { } announced)
            {
                yield return Line("cluster-announce-port", announced);
                yield return Line("cluster-announce-bus-port", Port + FreePorts.ClusterBus);
            }
        }

        foreach ((string name, string value) in _settings.Lines)
            yield return $"{name} {value}";

        static string Line(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name} {value}");
    }
}
