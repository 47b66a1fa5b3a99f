using Recsys.V1;

namespace Benchmarks.Serving;

/// <summary>One kind of request of the comparison. The surfaces are those of load-tests/retrieval/surfaces.json.</summary>
/// <param name="Name">As the table has it.</param>
/// <param name="Surface">Surface of the server.</param>
/// <param name="Set">What the request says beside the user, the limit and the surface.</param>
/// <param name="IsNewSession">Whether the request is of nobody, about five items drawn from a million.</param>
internal sealed record RetrievalKind(string Name, string Surface, Action<RecommendRequest>? Set = null, bool IsNewSession = false)
{
    /// <summary>All kinds; the first is what the others are compared with.</summary>
    /// <param name="filter">Filter of the kinds that have one.</param>
    public static IReadOnlyList<RetrievalKind> All(string filter) =>
    [
        new("1 retriever", "one"),
        new("3 retrievers", "three"),
        new("6 retrievers", "six"),
        new("3 retrievers, 5 items nobody asked about", "three", IsNewSession: true),
        new("1 + ranking model", "one_ranked"),
        new("1 + filter, 10 % of the items", "one", request => request.Filter = filter),
        new("1 + diversity", "one", static request => request.Options.Diversity = new DiversityOptions { Strength = 0.2 }),
        new("1 + cap of 2 a brand", "one", static request => request.Options.Slate = Caps()),
        new("1 + explanations", "one", static request => request.Options.Explain = true),
        new("6 + filter, diversity, cap", "six", request => Everything(request, filter)),
        new("6 + all of it, with explanations", "six", request =>
        {
            Everything(request, filter);
            request.Options.Explain = true;
        }),
        new("6 + all of it and the ranking model", "six_ranked", request =>
        {
            Everything(request, filter);
            request.Options.Explain = true;
        }),
        new("no surface: the default way", ""),
    ];

    /// <summary>The request of one user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="random">For what is drawn.</param>
    public RecommendRequest Make(string user, Random random)
    {
        var request = new RecommendRequest { UserId = user, Limit = 10, Surface = Surface, Options = new RecommendOptions() };
        Set?.Invoke(request);
        if (IsNewSession)
        {
            request.UserId = "";
            for (int i = 0; i < 5; i++)
                request.RecentItemIds.Add($"i{random.Next(1, 1_000_001)}");
        }

        return request;
    }

    private static void Everything(RecommendRequest request, string filter)
    {
        request.Filter = filter;
        request.Options.Diversity = new DiversityOptions { Strength = 0.2 };
        request.Options.Slate = Caps();
    }

    private static SlateOptions Caps() => new() { Caps = { new AttributeCap { Attribute = "brand", Most = 2 } } };
}
