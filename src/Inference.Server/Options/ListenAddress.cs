using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Inference.Server.Options;

/// <summary>Where a port is opened: an IP address with a port, every address with a port, or a Unix socket.</summary>
public sealed record ListenAddress
{
    private const string UnixPrefix = "unix:";
    private const string HttpPrefix = "http://";

    private ListenAddress(IPEndPoint? endPoint, string? unixSocket)
    {
        EndPoint = endPoint;
        UnixSocket = unixSocket;
    }

    /// <summary>The TCP end point; null for a Unix socket. "*" is IPv6Any, which takes IPv4 too.</summary>
    public IPEndPoint? EndPoint { get; }

    /// <summary>Path of the Unix socket; null for TCP.</summary>
    public string? UnixSocket { get; }

    /// <summary>Whether only this machine reaches it.</summary>
    public bool IsLocal => EndPoint is null || IPAddress.IsLoopback(EndPoint.Address);

    /// <summary>Reads "ADDRESS:PORT" (an IP address, "localhost" or "*"; port 0 takes a free one) or "unix:/path".</summary>
    /// <param name="text">The text; "http://" before it is allowed.</param>
    /// <param name="address">The address.</param>
    /// <param name="error">What is wrong with it.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        error = null;
        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            string path = text[UnixPrefix.Length..];
            if (path.StartsWith('/'))
                address = new ListenAddress(null, path);
            else
                error = "the path of a Unix socket must be absolute, as in 'unix:/run/inference.sock'";
            return address is not null;
        }

        if (text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            error = "an address has no scheme; Inference:Tls:Certificate turns TLS on";
            return false;
        }

        ReadOnlySpan<char> rest = text;
        if (rest.StartsWith(HttpPrefix, StringComparison.OrdinalIgnoreCase))
            rest = rest[HttpPrefix.Length..].TrimEnd('/');
        int colon = rest.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            error = "it must be 'ADDRESS:PORT' with a port from 0 to 65535, or 'unix:/path'";
        else if (ParseHost(rest[..colon]) is { } ip)
            address = new ListenAddress(new IPEndPoint(ip, port), null);
        else
            error = "the address must be an IP address ('127.0.0.1', '[::1]'), 'localhost' or '*' for all";
        return address is not null;
    }

    private static IPAddress? ParseHost(ReadOnlySpan<char> host) => host switch
    {
        "*" or "+" => IPAddress.IPv6Any,
        "localhost" => IPAddress.Loopback,
        ['[', .. var v6, ']'] => IPAddress.TryParse(v6, out IPAddress? ip) ? ip : null,
        _ => !host.Contains(':') && IPAddress.TryParse(host, out IPAddress? ip) ? ip : null,
    };
}
