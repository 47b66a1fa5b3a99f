using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Surfaces;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Recommendations.Retrieval;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>What a bundle is asked before anybody asks it.</summary>
public sealed class FirstRequestsTests
{
    private readonly SurfaceShop _shop = new(attributes: row => new Dictionary<string, FeatureValue> { ["price"] = FeatureValue.Of((long)row) });

    [Fact]
    public async Task Run_AsksByEverySurfaceAndWithoutOne()
    {
        int asked = await Make().RunAsync(_shop.Snapshot, [], SurfacesFile.BuiltIn, TimeSpan.FromMinutes(1), CancellationToken.None);

        // Thirteen rounds; each asks four ways by every surface and without one, and once for similar items.
        Assert.Equal(13 * ((4 * (SurfacesFile.BuiltIn.All.Count + 1)) + 1), asked);
    }

    [Fact]
    public async Task Run_WhenTheTimeIsOver_Stops() =>
        Assert.Equal(0, await Make().RunAsync(_shop.Snapshot, [], SurfacesFile.BuiltIn, TimeSpan.Zero, CancellationToken.None));

    [Fact]
    public async Task Run_WhenAPartThrows_EndsWithoutRefusingTheBundle()
    {
        _shop.Snapshot.Items.Filters.Dispose();

        int asked = await Make().RunAsync(_shop.Snapshot, [], SurfacesFile.BuiltIn, TimeSpan.FromMinutes(1), CancellationToken.None);

        Assert.InRange(asked, 0, 13 * 4);
    }

    [Fact]
    public async Task Run_WhenItIsCancelled_Throws() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Make().RunAsync(_shop.Snapshot, [], SurfacesFile.BuiltIn, TimeSpan.FromMinutes(1), new CancellationToken(canceled: true)));

    private FirstRequests Make() => new(World.Keys, _shop.World.States, null, null, TimeProvider.System, NullLogger<FirstRequests>.Instance);
}
