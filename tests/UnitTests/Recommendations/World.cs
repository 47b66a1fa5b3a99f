using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using System.Numerics.Tensors;
using Inference.Recommendations;
using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Storage;
using Inference.Storage.Users;
using Inference.Vectors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Testing;

namespace UnitTests.Recommendations;

/// <summary>
/// A small shop whose answers can be worked out by hand: item i of 12 points along axis i mod 3, more popular the lower its number;
/// two profiles, chosen by the context feature "country".
/// </summary>
internal sealed class World
{
    public const int Items = 12;

    public World(IUserTower? tower = null, IUserStates? states = null, bool withProfiles = true, IUserEmbeddings? cache = null, IItemTower? itemTower = null, string version = "1", Func<int, float>? rates = null)
    {
        var vectors = new float[Items * 3];
        for (int i = 0; i < Items; i++)
            vectors[(i * 3) + (i % 3)] = 1f - (0.01f * i);
        var index = new ExactIndex(VectorMatrix.Create(vectors, 3), Metric.InnerProduct);
        var items = new ItemCatalogue([.. Enumerable.Range(0, Items).Select(i => $"i{i}")], [.. Enumerable.Range(0, Items).Select(i => i == 0 ? null : $"Item {i}")]);
        var popularity = new Popularity([.. Enumerable.Range(0, Items).Select(i => rates?.Invoke(i) ?? 0.5f - (0.04f * i))]);
        Tower = tower ?? new MeanTower(index);
        Snapshot = new Snapshot(
            new ModelIdentity("shop", version, "space", 3, Metric.InnerProduct), items, new LiveIndex(index), Tower, itemTower, popularity, withProfiles ? Profiles() : null);
        Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var stored = new UserStates(new StateOptions(), Time, new StorageMetrics(Meters));
        stored.ReplaceBundle(
        [
            new(Keys.Of("anna").Key, new UserState(FeatureSet.None, ["i1", "i4"])),
            new(Keys.Of("blank").Key, new UserState(new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("DE") }, [])),
            new(Keys.Of("gone").Key, new UserState(FeatureSet.None, ["x1", "x2"])),
            new(Keys.Of("all").Key, new UserState(FeatureSet.None, [.. Enumerable.Range(0, Items).Select(i => $"i{i}")])),
        ]);
        States = states ?? stored;
        Pipeline = new RecommendationPipeline(States, cache, Keys, Options, new RecommendationMetrics(Meters), Time, NullLoggerFactory.Instance);
        Embeddings = new Embeddings(states ?? stored, Keys, Options, Time, NullLoggerFactory.Instance);
    }

    public static UserKeyRing Keys { get; } = new("a secret of the tests"u8);

    public Snapshot Snapshot { get; }

    public IUserTower Tower { get; }

    public IUserStates States { get; }

    public ManualTime Time { get; } = new();

    public PipelineOptions Options { get; } = new();

    public IMeterFactory Meters { get; }

    public RecommendationPipeline Pipeline { get; }

    public Embeddings Embeddings { get; }

    private static ClusterProfiles Profiles()
    {
        ClusterProfile first = new("axis one", 50, new float[] { 0, 1, 0 }, new ScoredRow[] { new(10, 0.9f), new(7, 0.8f) }, 0.5f);
        ClusterProfile second = new("axis two", 50, new float[] { 0, 0, 1 }, new ScoredRow[] { new(11, 0.9f), new(8, 0.7f) }, 0.5f);
        var lift = new Dictionary<string, float[]> { ["DE"] = [3f, -3f], ["FR"] = [-3f, 3f] };
        return new ClusterProfiles([first, second], [new ContextTable("country", lift.ToFrozenDictionary())]);
    }
}

/// <summary>A tower simple enough to be checked by hand: the mean of the history's vectors; a constant without history.</summary>
internal sealed class MeanTower(ExactIndex index) : IUserTower
{
    public FeatureSchema Features { get; } = new([new("country", [FeatureKind.Text])]);

    public int Calls { get; private set; }

    public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
    {
        Calls++;
        for (int u = 0; u < users.Length; u++)
        {
            ReadOnlySpan<int> history = users.Span[u].History.Span;
            Span<float> embedding = embeddings.Span.Slice(u * index.Dimension, index.Dimension);
            if (history.IsEmpty)
                embedding.Fill(0.1f);
            else
                Mean(history, embedding);
        }

        return new ValueTask<EncodeOutcome>(EncodeOutcome.Encoded);
    }

    private void Mean(ReadOnlySpan<int> history, Span<float> mean)
    {
        Span<float> vector = stackalloc float[index.Dimension];
        mean.Clear();
        foreach (int row in history)
        {
            index.CopyVector(row, vector);
            TensorPrimitives.Add(mean, vector, mean);
        }

        TensorPrimitives.Divide(mean, history.Length, mean);
    }
}

/// <summary>A tower that does what the test tells it.</summary>
internal sealed class ScriptedTower(Func<CancellationToken, ValueTask<EncodeOutcome>> script) : IUserTower
{
    public FeatureSchema Features => FeatureSchema.Empty;

    /// <summary>How urgent the last call was.</summary>
    public Urgency Urgency { get; private set; }

    public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
    {
        Urgency = urgency;
        return script(cancellationToken);
    }
}

/// <summary>A store that does what the test tells it.</summary>
/// <param name="held">What the process holds of every user.</param>
internal sealed class ScriptedStates(Func<CancellationToken, ValueTask<UserLookup>> script, UserState? held = null) : IUserStates
{
    public ValueTask<UserLookup> FindAsync(UserIdentity user, CancellationToken cancellationToken) => script(cancellationToken);

    public UserState? Held(UserIdentity user) => held;
}
