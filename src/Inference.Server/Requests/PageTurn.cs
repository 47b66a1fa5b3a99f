using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Server.Failures;
using Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Which page a request asks for, and the token of the next one.</summary>
internal readonly struct PageTurn
{
    private readonly PageToken? _token;

    private PageTurn(string text, ulong question)
    {
        if (text.Length == 0)
            return;
        _token = PageToken.Read(text);
        if (_token is null)
            Problem = "is damaged, or no token of this server; send the next_page_token of a response unchanged, or none to begin anew.";
        else if (_token.Question != question)
            Problem = "belongs to another question; send user, items, filter, surface and options as with the first page, or no token to begin anew.";
    }

    public static PageTurn Of(RecommendRequest request) => new(request.PageToken, request.PageToken.Length == 0 ? 0 : PageQuestion.Of(request));

    public static PageTurn Of(SimilarItemsRequest request) => new(request.PageToken, request.PageToken.Length == 0 ? 0 : PageQuestion.Of(request));

    /// <summary>The page; null for the first.</summary>
    public Page? Page => Problem is null ? _token?.Page : null;

    /// <summary>What is wrong with the token; null for nothing.</summary>
    private string? Problem { get; }

    /// <summary>The version that answered the page before; "" for the first.</summary>
    public string ModelVersion => Page?.ModelVersion ?? "";

    public void Check(ref Violations violations)
    {
        if (Problem is not null)
            violations.Add("page_token", Problem);
    }

    /// <summary>Items that the page may have: those that the list has left of what pages may show together.</summary>
    public int Limit(int asked, PipelineOptions options) => Page is null ? asked : Math.Max(1, Math.Min(asked, options.PagedItems - Page.ShownItemIds.Count));

    /// <summary>Items that were shown before this page.</summary>
    public int ShownBefore => Page?.ShownItemIds.Count ?? 0;

    /// <summary>Whether a reply has a page behind it.</summary>
    public bool HasNext(RecommendReply reply, PipelineOptions options) => reply.HasMore && reply.Items.Count > 0 && ShownBefore + reply.Items.Count < options.PagedItems;
}
