using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Inference.Training.Chance;
using Recsys.V1;

namespace Inference.Cli.Load;

/// <summary>Draws the requests of a run: kinds by their shares, users and items by skewed distributions. Use it from one thread.</summary>
internal sealed class RequestMix
{
    private readonly MixOptions _options;
    private readonly TimeProvider _time;
    private readonly AliasTable _kinds;
    private readonly AliasTable? _activity;
    private readonly AliasTable? _popularity;
    private SeededRandom _random;
    private long _strangers;
    private long _events;
    private int _next;

    public RequestMix(MixOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _kinds = new AliasTable(options.Traffic.Shares);
        _activity = TableOf(options.InOrder ? 0 : options.Users.Count);
        _popularity = TableOf(options.Traffic.Kinds.Any(kind => kind is LoadKind.Session or LoadKind.Similar or LoadKind.Events) ? options.Items.Count : 0);
        _random = new SeededRandom(options.Seed, stream: 1);
    }

    /// <summary>The most active of the known users; empty where there are none.</summary>
    public string FirstUser => _options.Users.Count == 0 ? "" : _options.Users[0];

    public LoadCall Next()
    {
        var kind = (LoadKind)_kinds.Draw(ref _random);
        if (_options.Users.Count == 0 && kind is LoadKind.Warm)
            kind = LoadKind.Cold;
        return new LoadCall(kind, kind switch
        {
            LoadKind.Similar => new SimilarItemsRequest { ItemIds = { Item() }, Limit = _options.Limit, Surface = _options.Surface },
            LoadKind.Events => Events(),
            LoadKind.Stream => new RecommendStreamRequest { Request = Recommend(kind) },
            _ => Recommend(kind),
        });
    }

    private RecommendRequest Recommend(LoadKind kind)
    {
        bool isStranger = kind is LoadKind.Cold or LoadKind.Session;
        var request = new RecommendRequest
        {
            Limit = _options.Limit,
            Surface = _options.Surface,
            Filter = _options.IsFilterForAll || kind == LoadKind.Filtered ? _options.Filter : "",
            UserId = kind switch { LoadKind.Session => "", LoadKind.Cold => NextStranger(), _ => NextUser() },
        };
        for (int item = 0; kind == LoadKind.Session && item < _options.SessionItems; item++)
            request.RecentItemIds.Add(Item());
        if (isStranger || _options.IsContextForAll)
        {
            foreach ((string name, FeatureValue[] values) in _options.Context)
                request.Context.Add(name, values[_random.NextInt(values.Length)]);
        }

        if (_options.Explain)
            request.Options = new RecommendOptions { Explain = true };
        return request;
    }

    private RecordEventsRequest Events()
    {
        var request = new RecordEventsRequest();
        string user = NextUser();
        for (int i = 0; i < _options.EventsPerCall; i++)
        {
            request.Events.Add(new Event
            {
                EventId = string.Create(CultureInfo.InvariantCulture, $"{_options.RunId}-{++_events}"),
                UserId = user,
                ItemId = Item(),
                Type = EventType.Click,
                Time = Timestamp.FromDateTimeOffset(_time.GetUtcNow()),
            });
        }

        return request;
    }

    private string Item() => _popularity is null ? "i1" : _options.Items[_popularity.Draw(ref _random)];

    private string NextStranger() => string.Create(CultureInfo.InvariantCulture, $"stranger-{++_strangers}");

    private string NextUser()
    {
        if (_options.Users.Count == 0)
            return NextStranger();
        if (!_options.InOrder)
            return _options.Users[_activity!.Draw(ref _random)];
        int user = _next;
        _next = (user + 1) % _options.Users.Count;
        return _options.Users[user];
    }

    private AliasTable? TableOf(int count) => count == 0 ? null : new AliasTable(Zipf.Weights(count, _options.Zipf));
}
