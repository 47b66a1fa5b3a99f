using Google.Protobuf.Collections;
using Inference.Server.Requests;
using Recsys.V1;
using Xunit;
using Xunit.Abstractions;

namespace UnitTests.Server.Explanations;

/// <summary>Explanations within their bytes.</summary>
public sealed class ExplanationBudgetTests(ITestOutputHelper output)
{
    [Fact]
    public void Apply_OfAnyItemsAndBudget_KeepsToItFromTheFirstOn()
    {
        int seed = Environment.TickCount & 0xFFFF;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 500; round++)
        {
            RecommendResponse whole = Reply(random), reply = whole.Clone(), plain = whole.Clone();
            plain.Report = null;
            foreach (RecommendedItem item in plain.Items)
                Bare(item);
            int bytes = random.Next(4_000);

            reply.Report = ExplanationBudget.Apply(reply.Items, reply.Report, bytes);

            string where = $"seed {seed}, round {round}";
            int stated = plain.Items.Sum(item => item.Adjustments.Sum(moved => 2 + moved.CalculateSize())), kept = reply.Items.TakeWhile((item, i) => item.Equals(whole.Items[i])).Count();
            Assert.True(reply.Items.Skip(kept).All(item => item.Reason is null && item.Parts.Count == 0 && item.Adjustments.All(moved => moved.Kind is AdjustmentKind.Pinned or AdjustmentKind.Boosted)), where);
            Assert.True(reply.Report.ExplanationsLeftOut == reply.Items.Count - kept, where);
            int spent = reply.Items.Sum(ExplanationBudget.SizeOf) + 2 + reply.Report.CalculateSize();
            Assert.True(spent <= Math.Max(bytes, stated + 6), $"{where}: {spent} of {bytes}, {stated} of them stated in any case");
            // No room is left in which the next one would have fitted.
            if (kept < reply.Items.Count && reply.Report.EligibleItems > 0)
            {
                int next = ExplanationBudget.SizeOf(whole.Items[kept]) - ExplanationBudget.SizeOf(reply.Items[kept]);
                Assert.True(spent + next > bytes - 8, $"{where}: {spent} + {next} of {bytes}");
            }
        }
    }

    [Fact]
    public void Apply_OfEnoughBytes_ChangesNothing()
    {
        RecommendResponse reply = Reply(new Random(2)), before = reply.Clone();

        SlateReport report = ExplanationBudget.Apply(reply.Items, reply.Report, int.MaxValue);

        Assert.Equal(before.Items, reply.Items);
        Assert.Equal(before.Report, report);
    }

    private static void Bare(RecommendedItem item)
    {
        item.Reason = null;
        item.Parts.Clear();
        Adjustment[] stated = [.. item.Adjustments.Where(moved => moved.Kind is AdjustmentKind.Pinned or AdjustmentKind.Boosted)];
        item.Adjustments.Clear();
        item.Adjustments.Add(stated);
    }

    private static RecommendResponse Reply(Random random)
    {
        var reply = new RecommendResponse { Report = new SlateReport { Diversity = 0.5, Novelty = 3, EligibleItems = 1_000, Retrievers = { new RetrieverReport { Name = "towers", Found = 10, DurationUs = 12.5, Outcome = "ok" } } } };
        for (int i = random.Next(1, 40); i > 0; i--)
        {
            var item = new RecommendedItem { ItemId = $"i{i}", Score = i, Reason = new Reason { Text = new string('x', random.Next(1, 300)) } };
            for (int part = random.Next(1, 6); part > 0; part--)
                item.Parts.Add(new ScorePart { Name = $"part {part}", Contribution = random.NextDouble(), Score = 1 });
            if (random.Next(3) == 0)
                item.Adjustments.Add(new Adjustment { Kind = (AdjustmentKind)random.Next(1, 7), Name = "name", Amount = 0.5 });
            reply.Items.Add(item);
        }

        return reply;
    }
}
