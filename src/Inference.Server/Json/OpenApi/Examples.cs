namespace Inference.Server.Json.OpenApi;

/// <summary>Bodies to begin with. A test reads each as its message.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, string> Requests = new(StringComparer.Ordinal)
    {
        ["RecommendRequest"] = """{"user_id":"u1","limit":5,"context":{"country":{"string_value":"France"}},"recent_item_ids":["item-7"],"filter":"price < 20","options":{"explain":true}}""",
        ["RecommendStreamRequest"] = """{"request":{"user_id":"u1","limit":5},"cursor":"1"}""",
        ["SimilarItemsRequest"] = """{"item_ids":["item-7"],"limit":5}""",
        ["EmbedUsersRequest"] = """{"users":[{"user_id":"u1"}]}""",
        ["EmbedItemsRequest"] = """{"items":[{"item_id":"item-7"}]}""",
        ["RecordEventsRequest"] = """{"events":[{"event_id":"e1","user_id":"u1","item_id":"item-7","type":"EVENT_TYPE_CLICK","time":"2026-01-31T12:00:00Z"}]}""",
        ["ForgetUserRequest"] = """{"user_id":"u1"}""",
        ["UpsertItemsRequest"] = """{"items":[{"item_id":"item-7","title":"A pot of tea","features":{"price":{"float_value":12.5}},"attributes":{"category":{"string_value":"tea"}}}]}""",
        ["DeleteItemsRequest"] = """{"item_ids":["item-7"]}""",
        ["GetItemRequest"] = """{"item_id":"item-7"}""",
        ["GetUserRequest"] = """{"user_id":"u1"}""",
    };

    private static readonly Dictionary<string, string> Responses = new(StringComparer.Ordinal)
    {
        ["RecommendResponse"] = """
            {"items":[{"item_id":"item-12","score":1.25,"rank":1,"source":"towers","propensity":1,"slot_type":"SLOT_TYPE_EXPLOIT","parts":[],"adjustments":[]}],"served_by":"RUNG_USER_TOWER","degraded":[],
            "model_version":"shop/1","embedding_space_id":"shop-1","request_id":"r1","policy":"EXPLORATION_POLICY_OFF","next_page_token":"","surface":""}
            """,
    };

    /// <summary>An example of a request; null where the empty object is one.</summary>
    public static string? Request(string message) => Requests.GetValueOrDefault(message);

    /// <summary>An example of a response; null where there is none.</summary>
    public static string? Response(string message) => Responses.GetValueOrDefault(message);
}
