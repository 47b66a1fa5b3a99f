using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Storage.Redis;

namespace Inference.Server.Hosting;

/// <summary>Asks the shared store for users that nobody is, before the server is ready: the first reads compile code and take longer than any reply may wait for.</summary>
internal sealed class FirstReads(IUserStates states, IUserEmbeddings embeddings, UserKeyRing keys, RedisOptions options, TimeProvider time)
{
    private const int Reads = 3;

    /// <summary>Reads; takes a few command timeouts at most, and never fails.</summary>
    public async Task RunAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        if (!options.IsConfigured)
            return;
        var embedding = new float[snapshot.Model.Dimension];
        for (int i = 0; i < Reads; i++)
        {
            UserIdentity nobody = keys.Of($"nobody {Guid.NewGuid()}");
            await WaitAsync(states.FindAsync(nobody, cancellationToken).AsTask(), cancellationToken);
            await WaitAsync(embeddings.TryGetAsync(snapshot.Model.EmbeddingSpaceId, nobody.Key, 1, embedding, cancellationToken).AsTask(), cancellationToken);
        }
    }

    private Task WaitAsync(Task read, CancellationToken cancellationToken) =>
        read.WaitAsync(options.CommandTimeout, time, cancellationToken).ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
}
