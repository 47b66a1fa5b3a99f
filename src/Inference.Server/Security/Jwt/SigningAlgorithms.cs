namespace Inference.Server.Security.Jwt;

/// <summary>The algorithms that may sign tokens: those with a public key. Source: RFC 7518, 3.1; RFC 8725, 3.1 and 3.2.</summary>
internal static class SigningAlgorithms
{
    public static IReadOnlyList<string> Known { get; } = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];
}
