using Inference.Server.Entry;

namespace Inference.Server.Security.Jwt;

/// <summary>What became of a token.</summary>
/// <param name="Caller">Whose it is; null where it is not good.</param>
/// <param name="CannotTell">Whether there are no keys to check it with.</param>
internal readonly record struct TokenVerdict(Caller? Caller, bool CannotTell = false);
