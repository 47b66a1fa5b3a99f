using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>A store that keeps being late is not waited for until it answers in time.</summary>
public class PatienceTests
{
    private static readonly UserState Anna = new(FeatureSet.None, ["i1", "i4"]);

    [Fact]
    public async Task Recommend_AfterSeveralLateAnswers_DoesNotWait_UntilOneComesInTime()
    {
        var reads = new List<TaskCompletionSource<UserLookup>>();
        var world = new World(states: new ScriptedStates(_ =>
        {
            reads.Add(new TaskCompletionSource<UserLookup>());
            return new(reads[^1].Task);
        }));
        for (int i = 0; i < 3; i++)
        {
            ValueTask<RecommendReply> late = Ask(world);
            Assert.False(late.IsCompleted);
            world.Time.Advance(world.Options.UserStateBudget);
            await late;
        }

        ValueTask<RecommendReply> impatient = Ask(world);
        Assert.True(impatient.IsCompleted);
        Assert.Contains((await impatient).Degraded, label => label is { Component: Components.UserState, Reason: DegradationReason.Timeout });

        // An answer that comes late changes nothing, one in time does.
        world.Time.Advance(2 * world.Options.UserStateBudget);
        reads[^1].SetResult(new UserLookup(Anna));
        ValueTask<RecommendReply> still = Ask(world);
        Assert.True(still.IsCompleted);
        reads[^1].SetResult(new UserLookup(Anna));
        ValueTask<RecommendReply> trusting = await UntilItWaitsAsync(world);
        reads[^1].SetResult(new UserLookup(Anna));
        Assert.Equal(Rung.UserTower, (await trusting).ServedBy);
    }

    [Fact]
    public async Task Recommend_AfterAnswersInTime_ForgetsLateOnes()
    {
        var reads = new List<TaskCompletionSource<UserLookup>>();
        var world = new World(states: new ScriptedStates(_ =>
        {
            reads.Add(new TaskCompletionSource<UserLookup>());
            return new(reads[^1].Task);
        }));
        for (int i = 0; i < 6; i++)
        {
            ValueTask<RecommendReply> reply = Ask(world);
            Assert.False(reply.IsCompleted);
            if (i % 2 == 0)
                world.Time.Advance(world.Options.UserStateBudget);
            else
                reads[^1].SetResult(new UserLookup(Anna));
            await reply;
        }
    }

    /// <summary>That an answer has come is heard a moment later, on another thread.</summary>
    private static async Task<ValueTask<RecommendReply>> UntilItWaitsAsync(World world)
    {
        for (int i = 0; i < 10_000; i++)
        {
            ValueTask<RecommendReply> reply = Ask(world);
            if (!reply.IsCompleted)
                return reply;
            await reply;
            await Task.Yield();
        }

        throw new TimeoutException("The store is never trusted again.");
    }

    private static ValueTask<RecommendReply> Ask(World world) =>
        world.Pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { UserId = "anna" }, CancellationToken.None);
}
