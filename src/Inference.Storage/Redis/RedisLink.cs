using System.Net;
using StackExchange.Redis;

namespace Inference.Storage.Redis;

/// <summary>One connected client and what is known of its health. Probed by the supervisor alone; the rest is safe for concurrent use.</summary>
/// <remarks>
/// A TCP connection whose other end is gone without a word looks healthy for minutes, and so does one whose server is frozen. So every connected node is pinged, and one that does not
/// answer in time makes the link silent. The subscription has a connection of its own, which is pinged too.
/// </remarks>
internal sealed class RedisLink
{
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private volatile bool _answers = true;
    private long _unwellSince;

    /// <param name="multiplexer">Connected; the link closes it.</param>
    /// <param name="master">The address that Sentinels gave; null without them.</param>
    /// <param name="database">Number of the database.</param>
    /// <param name="patience">How long a probe waits for an answer.</param>
    public RedisLink(ConnectionMultiplexer multiplexer, EndPoint? master, int database, TimeSpan patience, TimeProvider time)
    {
        Multiplexer = multiplexer;
        Master = master;
        Database = multiplexer.GetDatabase(database);
        _patience = patience;
        _time = time;
        IsCluster = multiplexer.GetEndPoints().Any(endPoint => multiplexer.GetServer(endPoint).ServerType == ServerType.Cluster);
    }

    public ConnectionMultiplexer Multiplexer { get; }

    public EndPoint? Master { get; }

    public IDatabase Database { get; }

    public bool IsCluster { get; }

    /// <summary>Whether a command may be sent: something is connected, and answered when it was last asked.</summary>
    public bool IsUsable => _answers && Multiplexer.IsConnected;

    /// <summary>For how long a node has been silent, or all have been away; zero when all is well.</summary>
    public TimeSpan UnwellFor => _unwellSince == 0 ? TimeSpan.Zero : _time.GetElapsedTime(_unwellSince);

    /// <summary>Pings every connected node; ends after the link's patience at the latest.</summary>
    public async Task ProbeAsync(bool subscribed)
    {
        List<Task<bool>> pings = [];
        foreach (EndPoint endPoint in Multiplexer.GetEndPoints())
        {
            IServer server = Multiplexer.GetServer(endPoint);
            if (server.IsConnected)
                pings.Add(AnswersAsync(server));
        }

        if (subscribed)
            pings.Add(AnswersAsync(Multiplexer.GetSubscriber()));
        int nodes = pings.Count - (subscribed ? 1 : 0);
        bool[] answers = await Task.WhenAll(pings);
        _answers = answers.AsSpan(0, nodes).Contains(true);
        if (_answers && !answers.Contains(false))
            _unwellSince = 0;
        else if (_unwellSince == 0)
            _unwellSince = _time.GetTimestamp();
    }

    /// <summary>Closes the client once commands under way have had time to end.</summary>
    public async Task CloseAsync(TimeSpan grace)
    {
        if (IsUsable)
            await Task.Delay(grace, _time);
        await RedisConnector.CloseAsync(Multiplexer);
    }

    private async Task<bool> AnswersAsync(IRedisAsync node)
    {
        try
        {
            Task<TimeSpan> ping = node.PingAsync();
            ping.Forget();
            await ping.WaitAsync(_patience, _time);
            return true;
        }
        catch (RedisServerException)
        {
            // No permission to PING is an answer too; "LOADING" and the like are for the breaker.
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }
}
