using Inference.Recommendations.Queries;
using Xunit;

#if !DEBUG
namespace UnitTests.Recommendations;

/// <summary>Bytes per warm request, which unlike time are the same on every machine. A rise is a decision, so the bounds are tight. Debug builds box the state machines and are not measured.</summary>
public sealed class AllocationTests
{
    [Theory]
    [InlineData("anna", 1_200)] // tower, index; the ids are 280 of them
    [InlineData("nobody", 1_100)] // popularity
    [InlineData("anna", 9_000, true)] // with a sentence, its parts and a part of its own for each of ten items
    [InlineData("nobody", 7_000, true)]
    public async Task Recommend_WhenWarm_StaysInItsByteBudget(string user, long budget, bool explain = false)
    {
        var world = new World();
        var query = new RecommendQuery { UserId = user, Limit = 10, Explain = explain };
        for (int i = 0; i < 1_000; i++)
            await world.Pipeline.RecommendAsync(world.Snapshot, query, CancellationToken.None);

        const int calls = 1_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < calls; i++)
        {
            ValueTask<RecommendReply> call = world.Pipeline.RecommendAsync(world.Snapshot, query, CancellationToken.None);
            Assert.True(call.IsCompletedSuccessfully); // so all of it was allocated on this thread
        }

        long perCall = (GC.GetAllocatedBytesForCurrentThread() - before) / calls;
        Assert.True(perCall <= budget, $"{perCall} bytes per call, {budget} allowed");
    }
}
#endif
