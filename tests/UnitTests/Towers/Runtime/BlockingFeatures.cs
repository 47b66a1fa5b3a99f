using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Features;
using Xunit;

namespace UnitTests.Towers.Runtime;

/// <summary>Features that keep whoever reads them until they are let go: a way to hold a tower busy for as long as a test wants.</summary>
internal sealed class BlockingFeatures : IReadOnlyDictionary<string, FeatureValue>
{
    private readonly ManualResetEventSlim _reached = new();
    private readonly ManualResetEventSlim _released = new();

    public int Count => 1;

    public IEnumerable<string> Keys => [];

    public IEnumerable<FeatureValue> Values => [];

    public FeatureValue this[string key] => throw new KeyNotFoundException();

    /// <summary>Waits until somebody reads.</summary>
    public void WaitUntilReached() => Assert.True(_reached.Wait(TimeSpan.FromSeconds(30)), "Nobody read the features.");

    public void Release() => _released.Set();

    public bool ContainsKey(string key) => false;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out FeatureValue value)
    {
        value = default;
        _reached.Set();
        Assert.True(_released.Wait(TimeSpan.FromSeconds(30)), "Nobody released the features.");
        return false;
    }

    public IEnumerator<KeyValuePair<string, FeatureValue>> GetEnumerator() => throw new NotSupportedException();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
