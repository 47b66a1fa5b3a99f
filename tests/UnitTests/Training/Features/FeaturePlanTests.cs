using System.Text;
using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Towers.Encoders;
using Inference.Training.Data;
using Inference.Training.Features;
using Inference.Training.Splits;
using UnitTests.Training.Splits;
using Xunit;

namespace UnitTests.Training.Features;

public sealed class FeaturePlanTests
{
    [SkippableFact]
    public void Decide_OfOnlineRetail_GivesCodesThatServingGives()
    {
        DataFolder data = RetailData.Folder;
        ColdSplit split = RetailData.Split;
        FeaturePlan plan = FeaturePlan.Decide(data.Users, data.Items, split);

        Assert.Equal(["country", "first_timestamp_hour", "first_timestamp_weekday"], plan.Contexts.Fields.Select(field => field.Name));
        Assert.Equal("United Kingdom", plan.Contexts.Fields[0].Values[0]);
        Assert.Equal(4, plan.IdPrefixLength);
        Assert.Equal(10, plan.Traits.DenseWidth);
        Assert.DoesNotContain(plan.Decisions, decision => decision.Used && decision.Table == "items" && decision.Column == "first_timestamp");
        AssertServingGivesTheCodes(plan, data.Users, split);
    }

    [Fact]
    public void Decide_OfSmallTables_MakesTheCodesThatOneWouldExpect()
    {
        using EntityTables tables = new(users: 60, items: 60);
        FeaturePlan plan = FeaturePlan.Decide(tables.Users, tables.Items, tables.Split, new FeatureOptions { FewestUsersPerValue = 10 });

        Assert.Equal(["country", "level", "age", "joined_at_hour", "joined_at_weekday"], plan.Contexts.Fields.Select(field => field.Name));
        // Users 0 to 39 train; half of them are from DE, ten each from FR and IT, one in the rest; the last 20 are all from XX, which training does not know.
        Assert.Equal(["DE", "FR"], plan.Contexts.Fields[0].Values);
        Assert.Equal(["1", "2"], plan.Contexts.Fields[1].Values);
        Assert.Equal([1, 1, 1], Codes("u0")[..3]);
        Assert.Equal(2, Codes("u25")[0]);
        Assert.Equal(0, Codes("u39")[0]);
        Assert.Equal(0, Codes("u59")[0]);
        Assert.Equal(plan.Contexts.Fields[2].Codes - 1, Codes("u59")[2]);
        Assert.Contains(plan.Decisions, decision => decision is { Table: "users", Column: "email", Used: false });
        Assert.Contains(plan.Decisions, decision => decision is { Table: "users", Column: "same", Used: false });

        // Items 0 to 39 train: two kinds, "odd" and "even"; "rare" has too few; a list; a price in buckets.
        IReadOnlyList<EncoderSpec> columns = plan.ItemDenseEncoder!.Columns!;
        Assert.Equal(plan.Traits.DenseWidth, columns.Sum(column => column.Width!.Value));
        var kind = Assert.IsType<MultiHotSpec>(columns[0]);
        Assert.Equal(["even", "odd"], kind.Values!.Order(StringComparer.Ordinal));
        var tags = Assert.IsType<MultiHotSpec>(columns[1]);
        Assert.Equal(["all", "few"], tags.Values);
        var price = Assert.IsType<BucketsSpec>(columns[2]);
        Assert.Equal(5, price.Boundaries!.Count + 1);
        ReadOnlySpan<float> first = plan.Traits.Dense.AsSpan(0, plan.Traits.DenseWidth);
        Assert.Equal(4, first.ToArray().Sum());
        Assert.DoesNotContain(plan.Decisions, decision => decision.Used && decision.Column is "added_at" or "sku");
        AssertServingGivesTheCodes(plan, tables.Users, tables.Split);

        int[] Codes(string user) => plan.Contexts[plan.Contexts.Find(user)].ToArray();
    }

    [Fact]
    public void Decide_Terms_AreWeighedOverTheTrainingCatalogue()
    {
        using EntityTables tables = new(users: 60, items: 60);
        FeaturePlan plan = FeaturePlan.Decide(tables.Users, tables.Items, tables.Split);
        ItemTraits traits = plan.Traits;
        Assert.Equal(traits.TermCount, plan.TermNames.Count);
        Assert.Contains("article", plan.TermNames);
        // "future" is only in titles of items that training does not have.
        Assert.DoesNotContain("future", plan.TermNames);
        for (int item = 0; item < traits.Count; item++)
        {
            ReadOnlySpan<int> terms = traits.Terms[item];
            double square = 0;
            for (int i = 0; i < terms.Length; i++)
            {
                Assert.True(i == 0 || terms[i] > terms[i - 1]);
                float weight = traits.TermWeights[traits.Terms.Offsets[item] + i];
                square += weight * weight;
            }

            Assert.Equal(1, square, 1e-5);
        }

        // By hand: item 0 has "article" once (in all 40), "even" as kind (20 of 40).
        double Weight(string term)
        {
            int at = traits.Terms[0].IndexOf(plan.TermNames.ToList().IndexOf(term));
            return traits.TermWeights[at];
        }

        Assert.Equal((Math.Log(41.0 / 41) + 1) / (Math.Log(41.0 / 21) + 1), Weight("article") / Weight("kind=even"), 1e-5);
        Assert.Equal(1 + Math.Log(2), Weight("double") / (Weight("article") * (Math.Log(41.0 / (1 + DoubleCount)) + 1)), 1e-5);
    }

    private const int DoubleCount = 20;

    [Fact]
    public void Decide_WithoutTables_HasNoFeatures()
    {
        EventTable events = SmallEvents.Of([.. SmallEvents.Draw(1, 30, 40, 2000)]);
        ColdSplit split = ColdSplitBuilder.Build(events);
        FeaturePlan plan = FeaturePlan.Decide(new EntityTable(events.UserIds, []), new EntityTable(events.ItemIds, []), split);
        Assert.Empty(plan.Contexts.Fields);
        Assert.Null(plan.UserEncoder);
        Assert.Null(plan.ItemDenseEncoder);
        Assert.Equal((split.Items.Count, 0, 0), (plan.Traits.Count, plan.Traits.DenseWidth, plan.Traits.TermCount));
        Assert.Equal(split.Items.Count, plan.Traits.Tokens.Count);
        Assert.Empty(plan.UserFeatures("u1"));
    }

    [Fact]
    public void Decide_WithOtherTestUsersAndItems_DecidesTheSame()
    {
        using EntityTables one = new(users: 60, items: 60), other = new(users: 60, items: 60, late: 7);
        FeaturePlan a = FeaturePlan.Decide(one.Users, one.Items, one.Split), b = FeaturePlan.Decide(other.Users, other.Items, other.Split);
        Assert.Equal(JsonSerializer.Serialize<EncoderSpec>(a.UserEncoder!), JsonSerializer.Serialize<EncoderSpec>(b.UserEncoder!));
        Assert.Equal(JsonSerializer.Serialize<EncoderSpec>(a.ItemDenseEncoder!), JsonSerializer.Serialize<EncoderSpec>(b.ItemDenseEncoder!));
        Assert.Equal(a.TermNames, b.TermNames);
    }

    /// <summary>The plain features, through encoders that have been in a manifest, give the plan's codes: for every user and every item.</summary>
    private static void AssertServingGivesTheCodes(FeaturePlan plan, EntityTable users, ColdSplit split)
    {
        InputEncoder<long> user = Manifested(plan.UserEncoder!).Create<long>(plan.UserEncoder!.Width!.Value, null!);
        long[] codes = new long[plan.UserEncoder.Width.Value];
        for (int row = 0; row < users.Count; row++)
        {
            string id = users.IdOf(row);
            user.Encode(new TowerRow(new FeatureSet(plan.UserFeatures(id)), default, null), codes);
            Assert.Equal(Array.ConvertAll(codes, code => (int)code), plan.Contexts[plan.Contexts.Find(id)].ToArray());
            for (int field = 0; field < codes.Length; field++)
                Assert.InRange(codes[field], 0, plan.Contexts.Fields[field].Codes - 1);
        }

        InputEncoder<float> dense = Manifested(plan.ItemDenseEncoder!).Create<float>(plan.Traits.DenseWidth, null!);
        InputEncoder<long> tokens = Manifested(plan.ItemTokensEncoder!).Create<long>(plan.TokenLength, null!);
        float[] row1 = new float[plan.Traits.DenseWidth];
        long[] ids = new long[plan.TokenLength];
        for (int item = 0; item < split.Items.Count; item++)
        {
            var input = new TowerRow(new FeatureSet(plan.ItemFeatures(split.Items.Ids[item])), default, split.Items.Ids[item]);
            dense.Encode(input, row1);
            Assert.True(plan.Traits.Dense.AsSpan(item * row1.Length, row1.Length).SequenceEqual(row1));
            tokens.Encode(input, ids);
            Assert.Equal(ids.Where(id => id != 0).Select(id => (int)id), plan.Traits.Tokens[item].ToArray());
            Assert.All(ids, id => Assert.InRange(id, 0, plan.Traits.TokenBuckets));
        }

        static EncoderSpec Manifested(EncoderSpec spec) => JsonSerializer.Deserialize<EncoderSpec>(JsonSerializer.Serialize(spec))!;
    }

    /// <summary>Tables in which it is plain what is to come out; users and items from 40 on are not of the training part.</summary>
    private sealed class EntityTables : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("plan").FullName;

        public EntityTables(int users, int items, int late = 0)
        {
            var text = new StringBuilder("user_id,country,level,age,email,same,joined_at\n");
            for (int i = 0; i < users; i++)
            {
                string country = i < 20 ? "DE" : i < 30 ? "FR" : i < 39 ? "IT" : i < 40 ? "LI" : late > 0 ? "YY" : "XX";
                text.Append(FormattableString.Invariant($"u{i},{country},{1 + i % 2},{20 + (i < 40 ? i : 90 + late)},u{i}@x,yes,{DateTime.UnixEpoch.AddDays(i % 3).AddHours(i < 40 ? i % 24 : late):s}\n"));
            }

            File.WriteAllText(Path.Combine(_folder, "users.csv"), text.ToString());
            text = new StringBuilder("item_id,title,kind,tags,price,sku,added_at\n");
            for (int i = 0; i < items; i++)
            {
                string title = i >= 40 ? $"Future article {i + late}" : i % 2 == 0 ? $"Article double double n{i}" : $"Article n{i}";
                string kind = i == 3 ? "rare" : i >= 40 && late > 0 ? "odd" : i % 2 == 0 ? "even" : "odd";
                text.Append(FormattableString.Invariant($"i{i},{title},{kind},{(i % 4 == 0 ? "all|few" : "all")},{(i < 40 ? i : i + 1000 * late) / 4.0},s{i},2020-01-01\n"));
            }

            File.WriteAllText(Path.Combine(_folder, "items.csv"), text.ToString());
            File.WriteAllText(Path.Combine(_folder, "events.csv"), "user_id,item_id,timestamp\nu0,i0,1\n");
            DataFolder data = DataFolder.Open(_folder);
            (Users, Items) = (data.Users, data.Items);
            RowLists training = RowLists.Of([.. Enumerable.Range(0, 40).Select(i => (IReadOnlyList<int>)[i])]), none = RowLists.Of([.. Enumerable.Repeat<IReadOnlyList<int>>([], 40)]), noRows = RowLists.Of([]);
            var nobody = new FewShotUsers([], noRows, noRows);
            Split = new ColdSplit(
                new SplitItems([.. Enumerable.Range(0, items).Select(i => $"i{i}")], 40, items - 40, [.. Enumerable.Range(0, items).Select(i => i < 40 ? 1 : 0)]),
                [.. Enumerable.Range(0, 40).Select(i => $"u{i}")],
                training,
                none,
                none,
                none,
                none,
                nobody,
                nobody);
        }

        public EntityTable Users { get; }

        public EntityTable Items { get; }

        public ColdSplit Split { get; }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
