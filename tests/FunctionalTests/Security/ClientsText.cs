using System.Text.Json;
using Inference.Protocol.Access;

namespace FunctionalTests.Security;

/// <summary>Writes clients files.</summary>
internal static class ClientsText
{
    /// <summary>One client with one key.</summary>
    public static object Client(string name, string key, DateTimeOffset? expires, params string[] roles) => new
    {
        name,
        roles,
        keys = new object[] { expires is { } end ? new { id = IdOf(key), sha256 = ApiKey.HashText(key), expires = end } : new { id = IdOf(key), sha256 = ApiKey.HashText(key) } },
    };

    /// <summary>One with a quota.</summary>
    public static object Limited(string name, string key, double requestsPerSecond, int burst, params string[] roles) => new
    {
        name,
        roles,
        keys = new[] { new { id = IdOf(key), sha256 = ApiKey.HashText(key) } },
        quota = new { requestsPerSecond, burst },
    };

    public static object Certified(string name, string certificate, params string[] roles) => new { name, roles, certificates = new[] { certificate } };

    public static string Of(params object[] clients) => JsonSerializer.Serialize(new { clients });

    private static string IdOf(string key) => ApiKey.TryGetId(key, out ReadOnlySpan<char> id) ? id.ToString() : throw new ArgumentException("It is no key.", nameof(key));
}
