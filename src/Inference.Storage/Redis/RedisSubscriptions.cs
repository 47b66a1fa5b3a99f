using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Inference.Storage.Redis;

/// <summary>What is subscribed to, so that each new link can be given it. A message that comes while no link holds is lost; <see cref="RedisConnection.OnRestored"/> tells of that.</summary>
internal sealed class RedisSubscriptions(TimeSpan patience, TimeProvider time, ILogger log)
{
    private readonly ILogger _log = log;
    private readonly Lock _gate = new();
    private readonly HashSet<Subscription> _on = [];
    private RedisLink? _link;
    private volatile Subscription[] _wanted = [];

    public bool Any => _wanted.Length > 0;

    public IDisposable Add(RedisChannel channel, Action<RedisValue> handler)
    {
        var subscription = new Subscription(this, channel, handler);
        lock (_gate)
            _wanted = [.. _wanted, subscription];
        return subscription;
    }

    /// <summary>Subscribes on this link to all that it lacks. Called by the supervisor alone.</summary>
    /// <returns>Whether the link has all.</returns>
    public async Task<bool> ApplyAsync(RedisLink link)
    {
        if (_link != link)
            _on.Clear();
        _link = link;
        bool all = true;
        foreach (Subscription subscription in _wanted)
        {
            if (_on.Contains(subscription))
                continue;
            try
            {
                Task subscribing = link.Multiplexer.GetSubscriber().SubscribeAsync(subscription.Channel, subscription.Receive);
                subscribing.Forget();
                await subscribing.WaitAsync(patience, time);
                _on.Add(subscription);
            }
            catch (Exception e)
            {
                all = false;
                Log.SubscriptionFailed(_log, subscription.Channel.ToString(), e);
            }
        }

        return all;
    }

    private void Remove(Subscription subscription)
    {
        RedisLink? link;
        lock (_gate)
        {
            _wanted = [.. _wanted.Where(other => other != subscription)];
            link = _link;
        }

        link?.Multiplexer.GetSubscriber().UnsubscribeAsync(subscription.Channel, subscription.Receive).Forget();
    }

    private sealed class Subscription : IDisposable
    {
        private readonly RedisSubscriptions _owner;
        private readonly Action<RedisValue> _handler;
        private volatile bool _ended;

        public Subscription(RedisSubscriptions owner, RedisChannel channel, Action<RedisValue> handler)
        {
            _owner = owner;
            _handler = handler;
            Channel = channel;
            Receive = OnMessage;
        }

        public RedisChannel Channel { get; }

        public Action<RedisChannel, RedisValue> Receive { get; }

        public void Dispose()
        {
            _ended = true;
            _owner.Remove(this);
        }

        private void OnMessage(RedisChannel channel, RedisValue message)
        {
            if (_ended)
                return;
            try
            {
                _handler(message);
            }
            catch (Exception e)
            {
                // The client's thread; one bad message must not end the subscription.
                Log.MessageFailed(_owner._log, channel.ToString(), e);
            }
        }
    }

}
