using System.Globalization;
using Inference.Training.Chance;

namespace Inference.Training.Demo;

/// <summary>
/// The people of the demo shop: users with history, and behind them unseen users of whom only the context is known. What each will take next is drawn
/// too and kept back, so that a model can be judged by it.
/// </summary>
internal sealed class DemoUsers
{
    /// <summary>How many of the coming events are kept back per user.</summary>
    public const int HeldOutEvents = 5;

    /// <summary>Users with held-out events; enough for a judgement, and no more to draw in a large world.</summary>
    public const int JudgedUsers = 20_000;

    private const int MaxHistory = 400;
    private const double PersonalWeight = 0.65;

    private readonly int _rank;
    private readonly byte[] _segments;
    private readonly byte[] _context;
    private readonly byte[] _hours;

    private DemoUsers(int seenCount, int unseenCount, int rank)
    {
        int count = seenCount + unseenCount;
        SeenCount = seenCount;
        _rank = rank;
        _segments = new byte[count];
        _context = new byte[count * ShopVocabulary.Context.Count];
        _hours = new byte[count];
        Factors = new float[count * rank];
        Histories = new int[count][];
        Timestamps = new long[count][];
        HeldOut = new int[count][];
    }

    /// <summary>Users with history: numbers 0 to this.</summary>
    public int SeenCount { get; }

    /// <summary>Seen and unseen users together.</summary>
    public int Count => _segments.Length;

    /// <summary>The true taste vectors, users × rank; each of length 1.</summary>
    public float[] Factors { get; }

    /// <summary>Items by user, latest last, no item twice; empty for unseen users.</summary>
    public int[][] Histories { get; }

    /// <summary>Unix seconds of each item of <see cref="Histories"/>.</summary>
    public long[][] Timestamps { get; }

    /// <summary>What the user takes after that; no item of his history. Empty for seen users from <see cref="JudgedUsers"/> on.</summary>
    public int[][] HeldOut { get; }

    public static DemoUsers Create(DemoOptions options, TasteSpace taste, ItemSampler sampler)
    {
        var segments = new DemoSegments(options, taste);
        var users = new DemoUsers(options.Users, Math.Clamp(options.Users / 10, 20, 2_000), taste.Rank);
        int longest = Math.Clamp(options.Items / 4, 1, MaxHistory);
        Parallel.For(0, users.Count, user => users.DrawUser(user, options.Seed, longest, segments, sampler));
        return users;
    }

    public string IdOf(int user) => user < SeenCount
        ? string.Create(CultureInfo.InvariantCulture, $"u{user + 1}")
        : string.Create(CultureInfo.InvariantCulture, $"unseen{user - SeenCount + 1}");

    public ReadOnlySpan<float> FactorsOf(int user) => Factors.AsSpan(user * _rank, _rank);

    public int SegmentOf(int user) => _segments[user];

    /// <summary>The hour of the user's first visit, 0 to 23.</summary>
    public int HourOf(int user) => _hours[user];

    /// <summary>Number of the user's value of a context feature.</summary>
    public int ContextOf(int user, int feature) => _context[user * ShopVocabulary.Context.Count + feature];

    public string ContextText(int user, int feature) => ShopVocabulary.Context[feature].Values[ContextOf(user, feature)];

    private void DrawUser(int user, ulong seed, int longest, DemoSegments segments, ItemSampler sampler)
    {
        var random = new SeededRandom(seed, DemoStreams.Users + (ulong)user);
        int segment = segments.Draw(ref random);
        _segments[user] = (byte)segment;
        Span<float> factors = Factors.AsSpan(user * _rank, _rank);
        TasteSpace.FillSphere(ref random, factors, PersonalWeight);
        ReadOnlySpan<float> centre = segments.CentreOf(segment);
        for (int i = 0; i < factors.Length; i++)
            factors[i] += centre[i];
        TasteSpace.Normalise(factors);

        for (int feature = 0; feature < ShopVocabulary.Context.Count; feature++)
            _context[user * ShopVocabulary.Context.Count + feature] = (byte)segments.DrawContext(segment, feature, ref random);
        _hours[user] = (byte)segments.DrawHour(segment, ref random);

        // Log-normal: half of the users have at most a dozen events, a few have hundreds.
        int events = user < SeenCount ? (int)Math.Clamp(Math.Exp(Math.Log(12) + 1.0 * random.NextGaussian()), 1, longest) : 0;
        int heldOut = user < JudgedUsers || user >= SeenCount ? HeldOutEvents : 0;
        int[] items = DrawItems(factors, events + heldOut, sampler, ref random);
        events = Math.Min(events, items.Length);
        Histories[user] = items[..events];
        HeldOut[user] = items[events..];
        Timestamps[user] = DemoClock.Draw(events, _hours[user], ref random);
    }

    /// <summary>Draws without putting back. A user who finds hardly anything new in a small shop stops early.</summary>
    private static int[] DrawItems(ReadOnlySpan<float> factors, int count, ItemSampler sampler, ref SeededRandom random)
    {
        if (count == 0)
            return [];
        AliasTable categories = sampler.CategoriesFor(factors);
        var taken = new HashSet<int>(count);
        int[] items = new int[count];
        int found = 0;
        for (int attempt = 0; found < count && attempt < 50 * count; attempt++)
        {
            int row = sampler.Draw(factors, categories, ref random);
            if (taken.Add(row))
                items[found++] = row;
        }

        return items[..found];
    }
}
