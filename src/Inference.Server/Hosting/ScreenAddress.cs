namespace Inference.Server.Hosting;

/// <summary>An address as people read it.</summary>
/// <param name="Url">As the server tells it: "http://host:port", "https://host:port" or "http://unix:/path".</param>
internal sealed record ScreenAddress(string Url)
{
    public bool IsTls => Url.StartsWith("https://", StringComparison.Ordinal);

    public string Scheme => IsTls ? "https://" : "http://";

    /// <summary>Without a scheme.</summary>
    public string Bare => Url.StartsWith(Scheme, StringComparison.Ordinal) ? Url[Scheme.Length..] : Url;

    /// <summary>The address as a client on this machine writes it: one that listens everywhere is reached at loopback.</summary>
    public string Reachable => Bare.Replace("[::]:", "127.0.0.1:", StringComparison.Ordinal).Replace("0.0.0.0:", "127.0.0.1:", StringComparison.Ordinal);
}
