using Inference.Recommendations.Ports;

namespace UnitTests.Recommendations;

/// <summary>Counts as a test wants them.</summary>
internal sealed class GivenCounts : ICounters
{
    private readonly Dictionary<string, (long Changes, Dictionary<string, double> Counts)> _named = new(StringComparer.Ordinal);

    /// <summary>Something was counted.</summary>
    public void Count(string name, params (string Member, double Count)[] counts) => _named[name] = (Changes(name) + 1, counts.ToDictionary(count => count.Member, count => count.Count));

    /// <summary>Time passed.</summary>
    public void Fade(string name, params (string Member, double Count)[] counts) => _named[name] = (Changes(name), counts.ToDictionary(count => count.Member, count => count.Count));

    public void Add(string name, string member, double amount, DateTimeOffset time) => throw new NotSupportedException();

    public CountsMark MarkOf(string name) => new(Changes(name), Of(name).Count, Of(name).Values.Sum());

    public void Read(string name, Action<string, double> take)
    {
        foreach ((string member, double count) in Of(name))
            take(member, count);
    }

    private long Changes(string name) => _named.GetValueOrDefault(name).Changes;

    private Dictionary<string, double> Of(string name) => _named.GetValueOrDefault(name).Counts ?? [];
}
