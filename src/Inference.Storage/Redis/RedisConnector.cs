using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Inference.Recommendations.Ports;
using StackExchange.Redis;

namespace Inference.Storage.Redis;

/// <summary>Makes connections from the configuration; with serviceName it asks the Sentinels where the master is. Nothing here retries.</summary>
internal sealed class RedisConnector
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly ConfigurationOptions _options;
    private readonly TimeProvider _time;

    /// <exception cref="ArgumentException">The configuration cannot be read.</exception>
    public RedisConnector(RedisOptions options, TimeProvider time)
    {
        _time = time;
        _options = Parse(options);
        Address = string.Join(',', _options.EndPoints.Select(AddressOf));
        if (IsSentinel)
            Address = $"{_options.ServiceName} of {Address}";
    }

    /// <summary>Where Redis is, without secrets.</summary>
    public string Address { get; }

    private bool IsSentinel => !string.IsNullOrEmpty(_options.ServiceName);

    /// <summary>What is wrong with a configuration; null when nothing is. Says no secret.</summary>
    public static string? Problem(RedisOptions options)
    {
        try
        {
            Parse(options);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            return e.Message;
        }
    }

    /// <summary>The master of now; null where no Sentinel is configured and the configuration says it all.</summary>
    /// <exception cref="StoreException">No Sentinel knows.</exception>
    public async Task<EndPoint?> FindMasterAsync()
    {
        if (!IsSentinel)
            return null;
        Exception? last = null;
        foreach (EndPoint sentinel in _options.EndPoints)
        {
            try
            {
                if (await AskSentinelAsync(sentinel) is { } master)
                    return master;
            }
            catch (Exception e)
            {
                // One Sentinel of several may be away; the next one knows as much.
                last = e;
            }
        }

        throw new StoreException(StoreFailure.Unavailable, $"No Sentinel knows the master of {_options.ServiceName}.", last);
    }

    /// <summary>Connects, once.</summary>
    /// <param name="master">As <see cref="FindMasterAsync"/> found it.</param>
    /// <exception cref="RedisConnectionException">No node could be reached, or none let us in.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public async Task<ConnectionMultiplexer> ConnectAsync(EndPoint? master)
    {
        ConfigurationOptions options = _options.Clone();
        options.ServiceName = null!;
        if (master is not null)
        {
            options.EndPoints.Clear();
            options.EndPoints.Add(master);
        }

        return await OpenAsync(options);
    }

    private async Task<EndPoint?> AskSentinelAsync(EndPoint sentinel)
    {
        ConfigurationOptions options = _options.Clone();
        options.ServiceName = null!;
        options.CommandMap = CommandMap.Sentinel;
        options.TieBreaker = "";
        options.EndPoints.Clear();
        options.EndPoints.Add(sentinel);
        ConnectionMultiplexer asked = await OpenAsync(options);
        try
        {
            return await asked.GetServer(sentinel).SentinelGetMasterAddressByNameAsync(_options.ServiceName!).WaitAsync(ConnectTimeout, _time);
        }
        finally
        {
            await CloseAsync(asked);
        }
    }

    private async Task<ConnectionMultiplexer> OpenAsync(ConfigurationOptions options)
    {
        options.AbortOnConnectFail = true;
        options.ConnectRetry = 1;
        options.ConnectTimeout = (int)ConnectTimeout.TotalMilliseconds;
        // Each second without traffic a PING shakes the socket; whether anything comes back is what RedisLink looks at.
        options.KeepAlive = 1;
        options.ReconnectRetryPolicy = new LinearRetry(1000);
        if (options.Ssl && options.SslProtocols is null)
            options.SslProtocols = SslProtocols.None;
        // The client resolves names and begins connections on the caller's thread.
        Task<ConnectionMultiplexer> connecting = Task.Run(() => ConnectionMultiplexer.ConnectAsync(options));
        try
        {
            return await connecting.WaitAsync(2 * ConnectTimeout, _time);
        }
        catch (TimeoutException)
        {
            _ = CloseLateAsync(connecting);
            throw;
        }
    }

    /// <summary>Closes without waiting for what is under way.</summary>
    public static async Task CloseAsync(ConnectionMultiplexer multiplexer)
    {
        try
        {
            await multiplexer.CloseAsync(allowCommandsToComplete: false);
            multiplexer.Dispose();
        }
        catch (Exception)
        {
            // It is gone either way.
        }
    }

    private static ConfigurationOptions Parse(RedisOptions options)
    {
        ConfigurationOptions parsed = ConfigurationOptions.Parse(options.Configuration);
        if (parsed.EndPoints.Count == 0)
            throw new ArgumentException("The configuration of Redis names no address.");
        parsed.SetDefaultPorts();
        if (options.CertificateAuthorities.Length > 0)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(options.CertificateAuthorities);
            parsed.CertificateValidation += (_, certificate, chain, errors) => IsTrusted(authorities, certificate, chain, errors);
        }

        return parsed;
    }

    private static bool IsTrusted(X509Certificate2Collection authorities, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        // A name that does not match stays wrong, whoever vouches for it.
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 presented)
            return false;
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(authorities);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (X509ChainElement element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        return own.Build(presented);
    }

    private static async Task CloseLateAsync(Task<ConnectionMultiplexer> connecting)
    {
        try
        {
            await CloseAsync(await connecting);
        }
        catch (Exception)
        {
            // It failed by itself, after it was given up.
        }
    }

    private static string AddressOf(EndPoint endPoint) => endPoint switch
    {
        DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
        _ => endPoint.ToString() ?? "",
    };
}
