using Inference.Training.Chance;
using Recsys.V1;

namespace Inference.Cli.Load;

/// <summary>Draws the requests of a run: known users by a skewed distribution, and a share of users that nobody has seen. Use it from one thread.</summary>
internal sealed class RequestMix
{
    /// <summary>Skew of the users' activity.</summary>
    private const double UserExponent = 0.9;

    private readonly IReadOnlyList<string> _users;
    private readonly AliasTable? _activity;
    private readonly double _coldShare;
    private readonly IReadOnlyList<(string Name, FeatureValue[] Values)> _context;
    private readonly int _limit;
    private readonly bool _explain;
    private readonly bool _inOrder;
    private readonly string _filter;
    private readonly string _surface;
    private SeededRandom _random;
    private long _strangers;
    private int _next;

    /// <param name="users">Ids of known users; the first ones are the most active. When there are none all requests are cold.</param>
    /// <param name="coldShare">Share of requests from users never seen, in [0, 1]. Each comes once.</param>
    /// <param name="context">Context features with the values to choose among, for all requests.</param>
    /// <param name="limit">Items asked for.</param>
    /// <param name="explain">Whether reasons are asked for.</param>
    /// <param name="seed">Names the chance.</param>
    /// <param name="inOrder">Whether known users ask one after another, round and round, rather than by their activity.</param>
    /// <param name="filter">The filter of all requests; empty for none.</param>
    /// <param name="surface">Where the slates are shown; empty for the server's default.</param>
    public RequestMix(IReadOnlyList<string> users, double coldShare, IReadOnlyList<(string Name, FeatureValue[] Values)> context, int limit, bool explain, ulong seed, bool inOrder = false, string filter = "", string surface = "")
    {
        _surface = surface;
        _users = users;
        _activity = users.Count == 0 ? null : new AliasTable(Zipf.Weights(users.Count, UserExponent));
        _coldShare = coldShare;
        _context = context;
        _limit = limit;
        _explain = explain;
        _inOrder = inOrder;
        _filter = filter;
        _random = new SeededRandom(seed, stream: 1);
    }

    public RecommendRequest Next()
    {
        bool cold = _activity is null || _random.NextDouble() < _coldShare;
        var request = new RecommendRequest { Limit = _limit, Filter = _filter, Surface = _surface, UserId = cold ? $"stranger-{++_strangers}" : _users[NextUser()] };
        foreach ((string name, FeatureValue[] values) in _context)
            request.Context.Add(name, values[_random.NextInt(values.Length)]);
        if (_explain)
            request.Options = new RecommendOptions { Explain = true };
        return request;
    }

    private int NextUser()
    {
        if (!_inOrder)
            return _activity!.Draw(ref _random);
        int user = _next;
        _next = (user + 1) % _users.Count;
        return user;
    }
}
