using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using UnitTests.Recommendations.Fusion;
using Xunit;

namespace UnitTests.Recommendations.Retrieval;

/// <summary>"content" by attributes of items, through the pipeline, against a naive reading of its formula.</summary>
public sealed class ContentRetrieverTests
{
    private static readonly int[] History = [17, 3, 60, 41, 9, 77];

    public static TheoryData<string> Choices => ["category", "category,brand", "brand,tags", "category,brand,tags,size"];

    [Theory]
    [MemberData(nameof(Choices))]
    public async Task Find_ByAttributes_IsWhatTheOracleRanks(string attributes)
    {
        SurfaceShop shop = Shop();
        Surface surface = Of(20, attributes.Split(','));
        Prepare(shop, surface);
        double[] scores = Oracle(shop, attributes.Split(','), History);
        int[] expected = [.. Enumerable.Range(0, shop.Shop.Items).Except(History).Where(row => scores[row] > 0).OrderByDescending(row => scores[row]).ThenBy(row => row).Take(20)];

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(surface, History, limit: 20, explain: true));

        RecommendedItem[] found = Found(reply);
        Assert.Empty(reply.Degraded);
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++)
        {
            ScorePart part = Assert.Single(found[i].Parts!);
            Assert.Equal(("content", i + 1), (part.Name, part.Rank));
            Assert.Equal(scores[expected[i]], part.Score!.Value, 1e-5);
            Assert.Equal(scores[expected[i]], scores[SurfaceShop.RowOf(found[i])], 1e-5);
            Assert.Equal(Sources.Content, found[i].Source);
        }

        RetrieverReport report = Assert.Single(reply.Report!.Retrievers, report => report.Name == "content");
        Assert.Equal((expected.Length, RetrieverOutcome.Ok), (report.Found, report.Outcome));
    }

    [Fact]
    public async Task Find_WithListsOfTheRequest_FillsItsQuotaFromWhatMayBeShown()
    {
        SurfaceShop shop = Shop();
        Surface surface = Of(8, "category", "brand");
        Prepare(shop, surface);
        double[] scores = Oracle(shop, ["category", "brand"], History);
        int[] best = [.. Found(await shop.AskAsync(SurfaceShop.Query(surface, History, limit: 8))).Select(SurfaceShop.RowOf)];
        int[] allowed = [.. Enumerable.Range(0, shop.Shop.Items).Where(row => row % 3 == 1)];

        RecommendReply less = await shop.AskAsync(SurfaceShop.Query(surface, History, limit: 8, excluded: best));
        RecommendReply some = await shop.AskAsync(SurfaceShop.Query(surface, History, limit: 8, allowed: allowed));

        Assert.Equal(Ranked(Enumerable.Range(0, shop.Shop.Items).Except(best)), Found(less).Select(SurfaceShop.RowOf));
        Assert.Equal(Ranked(allowed), Found(some).Select(SurfaceShop.RowOf));

        IEnumerable<int> Ranked(IEnumerable<int> rows) => rows.Except(History).Where(row => scores[row] > 0).OrderByDescending(row => (float)scores[row]).ThenBy(row => row).Take(8);
    }

    [Fact]
    public async Task Find_WhereTheBestOfAListAreExcluded_GoesOnDownTheList()
    {
        // Even and odd items, more than the candidates of a list.
        var shop = new SurfaceShop(withModel: false, items: 1_500, attributes: row => new() { ["side"] = FeatureValue.Of(row % 2 == 0 ? "even" : "odd") });
        Surface surface = Of(10, "side");
        Prepare(shop, surface);
        int[] evens = [.. shop.Shop.Popularity.Ranked.ToArray().Select(item => item.Row).Where(row => row % 2 == 0 && row != 4)];

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(surface, [4], limit: 10, excluded: evens[..550]));

        Assert.Equal(evens[550..560], Found(reply).Select(SurfaceShop.RowOf));
    }

    [Fact]
    public async Task Score_OfWhatOthersFound_IsInTheSameUnit()
    {
        SurfaceShop shop = Shop();
        Surface surface = Of(5, "category", "brand");
        surface = surface with { Fusion = SurfaceFusion.ZScore, Retrievers = [surface.Retrievers[0], new SurfaceRetriever(Sources.Popularity, 1, TimeSpan.FromSeconds(1), 40)] };
        Prepare(shop, surface);
        double[] scores = Oracle(shop, ["category", "brand"], History);

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(surface, History, limit: 45, explain: true));

        RecommendedItem[] found = Found(reply);
        float[] own = [.. found.Select(item => (float)scores[SurfaceShop.RowOf(item)])];
        double[] parts = new double[own.Length];
        LateFusion.ZScores(own, 1, parts);
        Assert.InRange(found.Length, 40, 45);
        for (int i = 0; i < found.Length; i++)
            Assert.Equal(parts[i], found[i].Parts!.Single(part => part.Name == "content").Contribution, 1e-4);
    }

    [Fact]
    public async Task Find_OfAttributesThatDoNotServe_SaysSoAndGoesByTheOthers()
    {
        SurfaceShop shop = Shop();
        Surface surface = Of(10, "colour", "sku", "brand");
        Prepare(shop, surface);

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(surface, History));
        RecommendReply quiet = await shop.AskAsync(SurfaceShop.Query(surface with { Retrievers = [surface.Retrievers[0] with { IsOptional = true }] }, History));
        RecommendReply byBrand = await shop.AskAsync(SurfaceShop.Query(Of(10, "brand"), History));

        Assert.Equal([(Components.Retrievers, DegradationReason.Unavailable), (Components.Retrievers, DegradationReason.Unavailable)], reply.Degraded.Select(label => (label.Component, label.Reason)));
        Assert.Contains("no 'content' by 'colour': no item has that attribute", reply.Degraded[0].Detail, StringComparison.Ordinal);
        Assert.Contains("no 'content' by 'sku': its values are nearly unique", reply.Degraded[1].Detail, StringComparison.Ordinal);
        Assert.Empty(quiet.Degraded);
        Assert.NotEmpty(Found(byBrand));
        Assert.Equal(byBrand.Items.Select(item => item.ItemId), reply.Items.Select(item => item.ItemId));
    }

    [Fact]
    public async Task Find_WithoutNamedAttributes_GoesByTheCoverageOfTheSurfaceOrTheCategory()
    {
        SurfaceShop shop = Shop();
        Surface category = Of(10), brand = category with { Slate = SlateRules.None with { CoverageAttribute = "brand" } };
        Prepare(shop, category, brand);

        Assert.Equal(await FoundBy(Of(10, "category")), await FoundBy(category));
        Assert.Equal(await FoundBy(Of(10, "brand")), await FoundBy(brand));

        async Task<IEnumerable<string>> FoundBy(Surface surface) => (await shop.AskAsync(SurfaceShop.Query(surface, History))).Items.Select(item => item.ItemId);
    }

    [Theory]
    [InlineData(SurfaceFusion.ReciprocalRank)]
    [InlineData(SurfaceFusion.Learned)]
    public async Task Find_WhereTheModelHasASource_TakesItUnlessAttributesAreNamed(SurfaceFusion fusion)
    {
        FusionWorld world = new();
        SurfaceShop shop = Shop(withModel: true, change: source => source.Name == "rules" ? new NeighbourSource("content", world.Rules, combination: NeighbourCombination.Largest) : source);
        Surface named = Of(10, "category") with { Fusion = fusion }, unnamed = Of(10) with { Fusion = fusion };
        Prepare(shop, named, unnamed);
        double[] scores = Oracle(shop, ["category"], History);

        RecommendReply byAttributes = await shop.AskAsync(SurfaceShop.Query(named, History, explain: true));
        RecommendReply bySource = await shop.AskAsync(SurfaceShop.Query(unnamed, History, explain: true));

        Assert.All(Found(byAttributes), item => Assert.Equal(scores[SurfaceShop.RowOf(item)], item.Parts!.Single().Score!.Value, 1e-5));
        Assert.Contains(Found(bySource), item => scores[SurfaceShop.RowOf(item)] == 0);
    }

    [Fact]
    public async Task Find_BeforeTheListsAreBuilt_IsSilentAndThenAnswers()
    {
        SurfaceShop shop = Shop();
        Surface surface = Of(10, "category");

        RetrieverReport first = Report(await shop.AskAsync(SurfaceShop.Query(surface, History, explain: true)));
        shop.Snapshot.Items.ValueLists.Wait();
        RetrieverReport second = Report(await shop.AskAsync(SurfaceShop.Query(surface, History, explain: true)));

        // The thread that builds may have been faster.
        Assert.Contains(first.Outcome, (RetrieverOutcome[])[RetrieverOutcome.Silent, RetrieverOutcome.Ok]);
        Assert.Equal((10, RetrieverOutcome.Ok), (second.Found, second.Outcome));
        shop.Snapshot.Dispose();
        shop.Snapshot.Dispose();
    }

    [Fact]
    public async Task Find_WithoutAHistoryWithValues_IsSilent()
    {
        SurfaceShop shop = Shop();
        Surface surface = Of(10, "brand");
        Prepare(shop, surface);

        // Every eleventh item has no brand.
        Assert.Equal(RetrieverOutcome.Silent, Report(await shop.AskAsync(SurfaceShop.Query(surface, [], explain: true))).Outcome);
        Assert.Equal(RetrieverOutcome.Silent, Report(await shop.AskAsync(SurfaceShop.Query(surface, [11, 22], explain: true))).Outcome);
        Assert.Equal(RetrieverOutcome.Ok, Report(await shop.AskAsync(SurfaceShop.Query(surface, [11, 22, 12], explain: true))).Outcome);
    }

    [Fact]
    public async Task Find_WhileItemsChange_LeavesOutAtOnceWhatGoesAndTakesInAMinuteLaterWhatComes()
    {
        SurfaceShop shop = Shop();
        Surface surface = Of(150, "category");
        Prepare(shop, surface);
        Assert.Contains("i27", await IdsAsync());
        Assert.Contains("i51", await IdsAsync());

        shop.Snapshot.Editor.Apply(
            [new ItemChange("i27", 1, null), Item("i51", "of its own"), Item("late", "c8")], new float[2 * FusionWorld.Dimension]);

        string[] meanwhile = await IdsAsync();
        Assert.DoesNotContain("i27", meanwhile);
        Assert.DoesNotContain("i51", meanwhile);
        Assert.DoesNotContain("late", meanwhile);

        shop.Time.Advance(TimeSpan.FromSeconds(59));
        await IdsAsync();
        shop.Snapshot.Items.ValueLists.Wait();
        Assert.DoesNotContain("late", await IdsAsync());

        shop.Time.Advance(TimeSpan.FromSeconds(2));
        await IdsAsync();
        shop.Snapshot.Items.ValueLists.Wait();
        Assert.Contains("late", await IdsAsync());

        async Task<string[]> IdsAsync() => [.. Found(await shop.AskAsync(SurfaceShop.Query(surface, [3, 12], limit: 150))).Select(item => item.ItemId)];

        static ItemChange Item(string id, string category) =>
            new(id, 1, ItemContent.Empty with { Attributes = new Dictionary<string, FeatureValue> { ["category"] = FeatureValue.Of(category) } });
    }

#if !DEBUG
    [Theory]
    [InlineData(SurfaceFusion.ZScore)]
    [InlineData(SurfaceFusion.ReciprocalRank)]
    public async Task Recommend_WhenWarm_StaysInTheByteBudgetOfTheLadder(SurfaceFusion fusion)
    {
        SurfaceShop shop = Shop();
        Surface surface = Of(40, "category", "brand", "tags");
        surface = surface with { Fusion = fusion, Retrievers = [.. surface.Retrievers, .. SurfaceShop.Of(fusion, 40, "towers", "popularity").Retrievers] };
        Prepare(shop, surface);
        RecommendQuery query = SurfaceShop.Query(surface, History);
        for (int i = 0; i < 1_000; i++)
            await shop.AskAsync(query);

        const int calls = 1_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < calls; i++)
        {
            ValueTask<RecommendReply> call = shop.Pipeline.RecommendAsync(shop.Snapshot, query, CancellationToken.None);
            Assert.True(call.IsCompletedSuccessfully);
        }

        long perCall = (GC.GetAllocatedBytesForCurrentThread() - before) / calls;
        Assert.True(perCall <= 1_300, $"{perCall} bytes per call");
    }
#endif

    private static SurfaceShop Shop(bool withModel = false, Func<ScoreSource, ScoreSource>? change = null) => new(withModel, change: change, attributes: AttributesOf);

    private static Dictionary<string, FeatureValue> AttributesOf(int row)
    {
        var attributes = new Dictionary<string, FeatureValue>
        {
            ["category"] = FeatureValue.Of($"c{(row * 5 % 8) + (row % 3 == 0 ? 1 : 0)}"),
            ["tags"] = FeatureValue.Of((string[])[$"t{row % 4}", $"t{row % 7}", $"t{row % 7}"]),
            ["size"] = FeatureValue.Of((double)(row % 10)),
            ["sku"] = FeatureValue.Of($"sku-{row}"),
        };
        if (row % 11 != 0)
            attributes["brand"] = FeatureValue.Of($"b{row * row % 13}");
        return attributes;
    }

    private static Surface Of(int quota, params string[] attributes) => new()
    {
        Name = "shelf",
        Fusion = SurfaceFusion.ReciprocalRank,
        Retrievers = [new SurfaceRetriever(Sources.Content, 1, TimeSpan.FromSeconds(1), quota) { Attributes = attributes }],
    };

    private static void Prepare(SurfaceShop shop, params Surface[] surfaces) => ContentPreparation.Run(shop.Snapshot, surfaces, shop.Time, CancellationToken.None);

    private static RecommendedItem[] Found(RecommendReply reply) => [.. reply.Items.Where(item => item.SlotType != SlotType.Fallback)];

    private static RetrieverReport Report(RecommendReply reply) => reply.Report!.Retrievers.Single(report => report.Name == "content");

    /// <summary>Every item against every item of the history, value by value.</summary>
    private static double[] Oracle(SurfaceShop shop, string[] attributes, int[] history)
    {
        int items = shop.Shop.Items;
        string[][][] values = [.. attributes.Select(attribute => Enumerable.Range(0, items).Select(row => ValuesOf(row, attribute)).ToArray())];
        var scores = new double[items];
        for (int j = 0; j < items; j++)
        {
            double factor = 1;
            foreach (int item in history.Reverse().Where(row => values.Any(of => of[row].Length > 0)).Take(5))
            {
                foreach (string[][] of in values)
                    scores[j] += factor * of[j].Intersect(of[item]).Sum(value => Math.Log((double)items / of.Count(others => others.Contains(value))));
                factor *= 0.7;
            }

            if (scores[j] > 0)
                scores[j] += 0.001 * (1 + (Math.Log10(shop.Shop.Rates[j] + 1e-6) / 6));
        }

        return scores;

        static string[] ValuesOf(int row, string attribute) => !AttributesOf(row).TryGetValue(attribute, out FeatureValue value) ? []
            : value.Kind == FeatureKind.TextList ? [.. value.TextList.Distinct()]
            : [value.Kind == FeatureKind.Text ? value.Text : value.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)];
    }
}
