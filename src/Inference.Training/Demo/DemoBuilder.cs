using Inference.Towers.Bundles;
using Inference.Training.Profiles;
using Microsoft.Extensions.Logging;

namespace Inference.Training.Demo;

/// <summary>
/// Makes a demo world on the disk.
/// <list type="number">
/// <item>Draw the shop.</item>
/// <item>Write the data folder (name-data) with the truth in it (name-data/truth).</item>
/// <item>Fit the towers to the truth, and publish the bundle (name/version) with profiles.</item>
/// <item>Hold the published bundle against what users took next.</item>
/// </list>
/// </summary>
public static class DemoBuilder
{
    /// <summary>Work of the judgement: users × items that are scored.</summary>
    private const long JudgedScores = 10_000_000;

    /// <param name="options">The size of the world.</param>
    /// <param name="folder">Repository of bundles that receives the world.</param>
    /// <param name="overwrite">Whether a bundle and data that are there already are replaced.</param>
    /// <param name="logger">Receives what the loader has to say.</param>
    /// <param name="begin">Begins a step that people can watch.</param>
    /// <param name="cancellationToken">Gives up between steps.</param>
    /// <exception cref="ArgumentException">The options are out of range.</exception>
    /// <exception cref="BundleExistsException">The bundle exists and is not to be replaced.</exception>
    /// <exception cref="IOException">The disk fails.</exception>
    public static async Task<DemoReport> BuildAsync(DemoOptions options, string folder, bool overwrite, ILogger logger, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        string bundle = Path.GetFullPath(Path.Combine(folder, options.Name, options.Version));
        string data = Path.GetFullPath(Path.Combine(folder, options.Name + "-data"));
        if (!overwrite && Path.Exists(bundle))
            throw new BundleExistsException(bundle);

        // :: Step 1 draw
        begin("drawing the shop");
        DemoWorld world = DemoWorld.Draw(options);
        cancellationToken.ThrowIfCancellationRequested();

        // :: Step 2 data and truth
        begin("writing events and truth");
        DemoDataFolder.Write(world, data);
        DemoTruthFolder.Write(world, Path.Combine(data, "truth"));
        cancellationToken.ThrowIfCancellationRequested();

        // :: Step 3 towers and bundle
        begin("fitting towers");
        var content = new DemoContent(world);
        LoadedBundle loaded = await BundlePublisher.PublishAsync(
            bundle, content.Make(), new ProfileOptions { LatestItems = DemoContent.LatestItems }, overwrite, new WorldTime(), logger, begin, cancellationToken);

        // :: Step 4 judge
        begin("judging");
        using (loaded.Snapshot)
        {
            int judged = (int)Math.Clamp(JudgedScores / options.Items, 100, 1000);
            IReadOnlyList<DemoScore> scores = await new DemoJudge(world, content, loaded.Snapshot).JudgeAsync(judged, cancellationToken);
            long events = world.Users.Histories.Sum(history => (long)history.Length);
            return new DemoReport(bundle, data, options.Items, options.Users, events, loaded.Snapshot.Profiles?.Count ?? 0, scores);
        }
    }

    /// <summary>The moment at which the log ends: a manifest with the real time would differ from run to run.</summary>
    private sealed class WorldTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(DemoClock.Begin + DemoClock.Days * 86_400L);
    }
}
