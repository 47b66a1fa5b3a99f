using Inference.Recommendations.Recall;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Recommendations.Recall;

public sealed class ProcessorBudgetTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void HasCredit_AfterWorkBeyondIt_WaitsUntilItHasGrownBack()
    {
        var budget = new ProcessorBudget(0.01, _time);

        budget.Spend(TimeSpan.FromSeconds(0.16));

        // 0.06 s were there; 0.1 s are owed, which take 10 s.
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(budget.HasCredit);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.True(budget.HasCredit);
    }

    [Theory]
    [InlineData(0.01, 30)]
    [InlineData(0.001, 30)]
    [InlineData(0.05, 1)]
    public void Spend_OverAMinuteOfEndlessWork_StaysWithinTheShareAndATenth(double share, int millisecondsEach)
    {
        var budget = new ProcessorBudget(share, _time);
        _time.Advance(TimeSpan.FromHours(1));
        TimeSpan worked = TimeSpan.Zero, piece = TimeSpan.FromMilliseconds(millisecondsEach);

        for (int i = 0; i < 60_000; i++, _time.Advance(TimeSpan.FromMilliseconds(1)))
        {
            if (!budget.HasCredit)
                continue;
            worked += piece;
            budget.Spend(piece);
        }

        Assert.InRange(worked.TotalSeconds, 0.9 * share * 60, (1.1 * share * 60) + piece.TotalSeconds);
    }
}
