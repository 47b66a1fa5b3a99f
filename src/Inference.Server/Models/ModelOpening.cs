using Inference.Recommendations.Catalogue;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Users;
using Inference.Server.Hosting;
using Inference.Server.Options;
using Inference.Server.Rehearsals;
using Inference.Server.Surfaces;
using Inference.Towers.Bundles;
using Inference.Towers.Loading;

namespace Inference.Server.Models;

/// <summary>
/// Makes a model of a folder, off the serving path:
/// <list type="number">
/// <item>the bundle is read and checked (<see cref="BundleLoader"/>)</item>
/// <item>changes of items since it was made are taken in, and what filters and surfaces read of them is prepared</item>
/// <item>what requests will touch for the first time is touched: the store; and, once a process, the code</item>
/// <item>its users are brought under their keys</item>
/// </list>
/// </summary>
internal sealed class ModelOpening(
    InferenceOptions options, CatalogueUpdates catalogue, ServedSurfaces surfaces, FirstReads firstReads, FirstRequests firstRequests, Rehearsal rehearsal, UserKeyRing keys, TimeProvider time, ILogger<ModelLifecycle> log)
{
    private static int s_hasAsked;

    /// <summary>Opens a folder. The model takes part in changes of items; whoever lets it go ends that.</summary>
    /// <param name="folder">Where it is, and which version it is to hold.</param>
    /// <param name="pace">How much of the machine this may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BundleException">It is refused.</exception>
    public async Task<LoadedModel> RunAsync(BundleFolder folder, LoadPace pace, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        var settings = new BundleLoadSettings
        {
            Towers = options.Towers,
            Index = options.Index,
            Fusion = options.Fusion,
            Loading = options.Loading,
            Pace = pace,
            Progress = new LoadProgressLog(time, log),
            Logger = log,
            Time = time,
        };
        LoadedBundle bundle = await BundleLoader.LoadAsync(folder.Path, settings, cancellationToken);
        try
        {
            if (bundle.Snapshot.Model.FullVersion != folder.Version)
                throw new BundleException(folder.Path, [$"The folder holds '{bundle.Snapshot.Model.FullVersion}', and not '{folder.Version}' as when it was looked at."]);
            await catalogue.AttachAsync(bundle.Snapshot, cancellationToken);
            // After the changes of items: an attribute may have come with them.
            FilterPreparation filters = await BackgroundThread.RunAsync(() => bundle.Snapshot.Items.Filters.Prepare(options.Filters, cancellationToken), pace, options.Loading);
            if (filters.Error is { } error)
                throw new BundleException(folder.Path, [$"Inference:Filters:Always cannot be evaluated on its items: {error}"]);
            if (filters.UnknownAttributes.Count > 0)
            {
                string warning = $"Inference:Filters:Always reads attributes that no item has, so that they are missing on all: {string.Join(", ", filters.UnknownAttributes)}.";
                Log.FilterWarning(log, folder.Version, warning);
                bundle = bundle with { Warnings = [.. bundle.Warnings, warning] };
            }

            await BackgroundThread.RunAsync(
                () =>
                {
                    ContentPreparation.Run(bundle.Snapshot, surfaces.Current.All, time, cancellationToken);
                    return true;
                },
                pace,
                options.Loading);
            await firstReads.RunAsync(bundle.Snapshot, cancellationToken);
            // What is compiled once stays compiled: later versions, and other servers of the process, find it.
            if (Interlocked.Exchange(ref s_hasAsked, 1) == 0)
            {
                await firstRequests.RunAsync(bundle.Snapshot, bundle.Users.Values, surfaces.Current, options.Loading.WarmUpTime, cancellationToken);
                await rehearsal.RunAsync(bundle.Snapshot, options.Loading.WarmUpTime, cancellationToken);
            }

            // A hash for each user is milliseconds of work: not at the swap, and not on a thread that requests want.
            KeyedUsers users = await BackgroundThread.RunAsync(() => new KeyedUsers(bundle.Users, id => keys.Of(id).Key), pace, options.Loading);
            return new LoadedModel(bundle, users, time.GetUtcNow(), time.GetElapsedTime(start));
        }
        catch
        {
            catalogue.Detach(bundle.Snapshot);
            bundle.Snapshot.Dispose();
            throw;
        }
    }
}
