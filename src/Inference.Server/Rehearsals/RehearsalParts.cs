using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage;
using Inference.Storage.Embeddings;

namespace Inference.Server.Rehearsals;

/// <summary>Makes what asks and calls before anybody else does.</summary>
internal static class RehearsalParts
{
    public static void AddRehearsal(this IServiceCollection services, TimeProvider time)
    {
        services.AddSingleton(provider => new FirstRequests(
            provider.GetRequiredService<UserKeyRing>(),
            provider.GetRequiredService<IUserStates>(),
            provider.GetRequiredService<IUserEmbeddings>(),
            // As serving keeps them, but in little memory, in this process, and uncounted.
            new TwoLevelEmbeddings(new StateOptions { EmbeddingCacheBytes = 1 << 20 }, redis: null, new StorageMetrics(new UnheardMeters()), time),
            time,
            provider.GetRequiredService<ILogger<FirstRequests>>()));
        services.AddSingleton<Rehearsal>();
    }
}
