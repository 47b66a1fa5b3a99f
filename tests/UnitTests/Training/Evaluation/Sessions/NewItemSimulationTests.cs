using Inference.Recommendations.Exploration;
using Inference.Training.Evaluation.Sessions;
using Xunit;

namespace UnitTests.Training.Evaluation.Sessions;

public sealed class NewItemSimulationTests
{
    private const int Users = 600, Items = 8;

    private static readonly NewItemSimulation.Rule Content = new("content", true, new ExplorationOptions());
    private static readonly NewItemSimulation.Rule Draws = new("content+beta_ts", true, new ExplorationOptions(), ExplorationPolicy.Thompson);

    [Fact]
    public void Play_ByContent_ShowsWhatFits()
    {
        NewItemResult result = Play(Content, FloorUse.None);
        Assert.Equal((Users, 1.0, 1.0), (result.Shown, result.ClickRate, result.ShareOfFloor));
        Assert.Equal(Users / Items, result.LeastShown);
    }

    [Fact]
    public void Play_WithTheFloor_ShowsEachItemAsOftenAsItSaysAndNoMore()
    {
        foreach (NewItemSimulation.Rule rule in (NewItemSimulation.Rule[])[Content, Draws, new("random", false, null)])
        {
            NewItemResult result = Play(rule, FloorUse.Leave);
            Assert.Equal((Items * 20.0, 20.0, 1.0), (result.Shown, result.LeastShown, result.ShareOfFloor));
        }
    }

    [Fact]
    public void Play_ByDraws_LearnsWhatContentDoesNotSay()
    {
        // Everybody has the same scores, and only the last item is ever clicked.
        float[] scores = new float[Users * Items];
        bool[] isRelevant = [.. Enumerable.Range(0, Users * Items).Select(place => place % Items == Items - 1)];
        var visits = new NewItemVisits(Users, Items, scores, isRelevant);
        double drawn = NewItemSimulation.Play(visits, Draws, FloorUse.None, 1, new SessionOptions(), CancellationToken.None).ClickRateLate;
        double random = NewItemSimulation.Play(visits, new("random", false, null), FloorUse.None, 1, new SessionOptions(), CancellationToken.None).ClickRateLate;
        Assert.InRange(random, 0.5 / Items, 2.0 / Items);
        Assert.InRange(drawn, 0.8, 1);
    }

    [Fact]
    public void Play_WithTheFloorFirst_ShowsWhatFitsOnceAllWereShown()
    {
        NewItemResult first = Play(Draws, FloorUse.First, rounds: 3);
        Assert.Equal((3 * Users, 3 * Users, 1.0), (first.Visits, (int)first.Shown, first.ShareOfFloor));
        Assert.True(first.LeastShown >= 20);
        // Nobody is shown the one item again that fits: it earns one click of each user's three visits at most.
        Assert.InRange(first.ClickRate, 0.2, 1.0 / 3);
    }

    [Fact]
    public void Play_WithMoreVisitsThanItems_ShowsNothingTwice()
    {
        NewItemResult result = Play(Content, FloorUse.None, rounds: Items + 2);
        Assert.Equal(((double)Users * Items, 1.0 / Items, (double)Users), (result.Shown, result.ClickRate, result.LeastShown));
    }

    [Fact]
    public void Play_WithOtherNumbersOfThreads_GivesTheSame() => Assert.Equal(Play(Draws, FloorUse.None, threads: 1), Play(Draws, FloorUse.None, threads: 3));

    /// <summary>User u likes item u mod 8, and the scores know it.</summary>
    private static NewItemResult Play(NewItemSimulation.Rule rule, FloorUse floor, int rounds = 1, int threads = 2)
    {
        bool[] isRelevant = [.. Enumerable.Range(0, Users * Items).Select(place => place % Items == place / Items % Items)];
        var visits = new NewItemVisits(Users, Items, Array.ConvertAll(isRelevant, isLiked => isLiked ? 3f : 0f), isRelevant);
        return NewItemSimulation.Play(visits, rule, floor, rounds, new SessionOptions { Threads = threads }, CancellationToken.None);
    }
}
