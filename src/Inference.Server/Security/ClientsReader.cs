using System.Globalization;
using System.Text.Json;
using Inference.Protocol.Access;
using Inference.Server.Admission;
using Inference.Server.Entry;

namespace Inference.Server.Security;

/// <summary>Reads the JSON of <see cref="ClientsFile"/> and collects what is wrong with it.</summary>
internal sealed class ClientsReader
{
    private const int MostProblems = 50;

    private readonly List<string> _problems = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClientKey> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Caller> _certificates = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Problems => _problems;

    public ClientSet ToSet() => new([.. _names], _keys.Values, _certificates);

    public void Read(JsonElement root)
    {
        if (!IsObject(root, "the file", "clients"))
            return;
        if (!root.TryGetProperty("clients", out JsonElement clients) || clients.ValueKind != JsonValueKind.Array)
        {
            Add("clients", "must be a list.");
            return;
        }

        int place = 0;
        foreach (JsonElement client in clients.EnumerateArray())
            ReadClient(client, $"clients[{place++}]");
    }

    private void ReadClient(JsonElement client, string at)
    {
        if (!IsObject(client, at, "name", "roles", "keys", "certificates", "quota"))
            return;
        string name = Text(client, "name") ?? "";
        if (name.Length is 0 or > 64 || name.Any(static one => !(char.IsAsciiLetterOrDigit(one) || one is '-' or '_' or '.' or '/')))
            Add($"{at}.name", "must be 1 to 64 letters, digits, '-', '_', '.' and '/'.");
        else if (!_names.Add(name))
            Add($"{at}.name", $"'{name}' is there twice.");
        Roles roles = RolesOf(client, at);
        QuotaOptions? quota = QuotaOf(client, at);
        Caller CallerOf(string credential) => new(name, roles) { Credential = credential, Quota = quota };

        foreach ((JsonElement key, string where) in Elements(client, "keys", at))
            ReadKey(key, where, CallerOf);
        foreach ((JsonElement certificate, string where) in Elements(client, "certificates", at))
        {
            string? text = certificate.ValueKind == JsonValueKind.String ? certificate.GetString() : null;
            if (text is null || !CertificateNames.IsName(text))
                Add(where, "must be 'subject:…', 'dns:…' or 'uri:…'.");
            else if (!_certificates.TryAdd(text, CallerOf($"certificate:{text}")))
                Add(where, $"'{text}' is there twice.");
        }

        if (!client.TryGetProperty("keys", out _) && !client.TryGetProperty("certificates", out _))
            Add(at, "has neither keys nor certificates, so nobody could be it.");
    }

    private void ReadKey(JsonElement key, string at, Func<string, Caller> callerOf)
    {
        if (!IsObject(key, at, "id", "sha256", "expires"))
            return;
        string id = Text(key, "id") ?? "";
        if (!ApiKey.IsId(id))
            Add($"{at}.id", $"must be the {ApiKey.IdLength} characters of a key's id.");
        if (!ApiKey.TryReadHash(Text(key, "sha256") ?? "", out byte[]? hash))
            Add($"{at}.sha256", "must be 64 hexadecimal digits: the SHA-256 of the key.");
        DateTimeOffset? expires = null;
        if (key.TryGetProperty("expires", out _))
        {
            if (DateTimeOffset.TryParse(Text(key, "expires"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset read))
                expires = read;
            else
                Add($"{at}.expires", "must be a time as 2027-01-01T00:00:00Z.");
        }

        if (hash is not null && !_keys.TryAdd(id, new ClientKey(id, hash, expires, callerOf($"key:{id}"))))
            Add($"{at}.id", $"'{id}' is there twice.");
    }

    private Roles RolesOf(JsonElement client, string at)
    {
        Roles roles = Roles.None;
        bool any = false;
        foreach ((JsonElement role, string where) in Elements(client, "roles", at))
        {
            any = true;
            if (role.ValueKind == JsonValueKind.String && RoleNames.TryParse(role.GetString(), out Roles one))
                roles |= one;
            else
                Add(where, $"is no role; there are {RoleNames.Known}.");
        }

        if (!any)
            Add($"{at}.roles", $"must name roles: {RoleNames.Known}.");
        return roles;
    }

    private QuotaOptions? QuotaOf(JsonElement client, string at)
    {
        if (!client.TryGetProperty("quota", out JsonElement quota) || !IsObject(quota, $"{at}.quota", "requestsPerSecond", "burst", "maxConcurrent"))
            return null;
        return new QuotaOptions
        {
            RequestsPerSecond = Number(quota, "requestsPerSecond", 1e7, $"{at}.quota"),
            Burst = (int)Number(quota, "burst", 1e7, $"{at}.quota"),
            MaxConcurrent = (int)Number(quota, "maxConcurrent", 1e6, $"{at}.quota"),
        };
    }

    private double Number(JsonElement parent, string name, double most, string at)
    {
        if (!parent.TryGetProperty(name, out JsonElement value))
            return 0;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= 0 && number <= most)
            return number;
        Add($"{at}.{name}", string.Create(CultureInfo.InvariantCulture, $"must be a number from 0, which is no limit, to {most:N0}."));
        return 0;
    }

    private IEnumerable<(JsonElement Element, string At)> Elements(JsonElement parent, string name, string at)
    {
        if (!parent.TryGetProperty(name, out JsonElement list))
            yield break;
        if (list.ValueKind != JsonValueKind.Array)
        {
            Add($"{at}.{name}", "must be a list.");
            yield break;
        }

        int place = 0;
        foreach (JsonElement element in list.EnumerateArray())
            yield return (element, $"{at}.{name}[{place++}]");
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private bool IsObject(JsonElement element, string at, params ReadOnlySpan<string> known)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            Add(at, "must be an object.");
            return false;
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!known.Contains(property.Name))
                Add(at, $"has no field '{(property.Name.Length <= 64 ? property.Name : property.Name[..64])}'; there are {string.Join(", ", known.ToArray())}.");
        }

        return true;
    }

    private void Add(string at, string what)
    {
        if (_problems.Count < MostProblems)
            _problems.Add($"{at} {what}");
    }
}
