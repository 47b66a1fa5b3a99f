using Inference.Recommendations.Features;

namespace Inference.Recommendations.Queries;

/// <summary>A user to embed: by id (stored features and history), by what is sent, or both.</summary>
/// <param name="UserId">Opaque id; empty for an anonymous session.</param>
/// <param name="Context">Features that go before stored ones.</param>
/// <param name="RecentItemIds">Items touched after the stored history, latest last.</param>
public readonly record struct UserQuery(string UserId, IReadOnlyDictionary<string, FeatureValue> Context, IReadOnlyList<string> RecentItemIds);

/// <summary>An item to embed.</summary>
/// <param name="ItemId">Id of an item of the catalogue or of a new one.</param>
/// <param name="Features">When not empty, the item tower runs over them; otherwise the stored embedding is the answer.</param>
public readonly record struct ItemQuery(string ItemId, IReadOnlyDictionary<string, FeatureValue> Features);
