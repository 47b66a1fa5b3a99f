using System.ComponentModel.DataAnnotations;

namespace Inference.Server.Options;

/// <summary>Ports, limits of the transport, and how the server stops.</summary>
public sealed class ServerOptions
{
    /// <summary>Where gRPC is served: HTTP/2, without TLS unless Inference:Tls has a certificate.</summary>
    /// <value>"ADDRESS:PORT" (an IP address, "localhost" or "*"; port 0 takes a free one) or "unix:/path"; default "127.0.0.1:5001".</value>
    [ListenAddress]
    public string GrpcAddress { get; set; } = "127.0.0.1:5001";

    /// <summary>Where `/healthz`, `/readyz`, `/metrics` and the methods as JSON are served: HTTP/1.1, with TLS as Inference:Tls says.</summary>
    /// <value>As GrpcAddress; default "127.0.0.1:5080".</value>
    [ListenAddress]
    public string HttpAddress { get; set; } = "127.0.0.1:5080";

    /// <summary>Where ModelService and StateService are served when the gRPC address can be reached from other machines: gRPC with everything that the gRPC address has. It is not opened while the gRPC address serves them.</summary>
    /// <value>As GrpcAddress; default "127.0.0.1:5002". "" opens none.</value>
    [ListenAddress(AllowEmpty = true)]
    public string AdminAddress { get; set; } = "127.0.0.1:5002";

    /// <summary>Where ModelService and StateService are served beside the admin address.</summary>
    /// <value>Auto (where only this machine reaches the address: loopback and Unix sockets), Everywhere or AdminOnly; default Auto.</value>
    public AdminServices AdminServices { get; set; } = AdminServices.Auto;

    /// <summary>Whether the HTTP address also answers the methods of gRPC as JSON (`/v1/recommend` and others, `/openapi.json`), for callers with the same roles.</summary>
    /// <value>true or false; default true.</value>
    public bool HttpApi { get; set; } = true;

    /// <summary>Largest request message in bytes, also as JSON; a larger one is RESOURCE_EXHAUSTED.</summary>
    /// <value>1,024 (1 KiB) to 1,073,741,824 (1 GiB); default 4,194,304 (4 MiB).</value>
    [Range(1024, 1 << 30)]
    public int MaxReceiveBytes { get; set; } = 4 << 20;

    /// <summary>Most bytes of a request's headers; tokens (JWT) travel there.</summary>
    /// <value>4,096 to 1,048,576; default 32768.</value>
    [Range(4096, 1 << 20)]
    public int MaxHeaderBytes { get; set; } = 32 << 10;

    /// <summary>Most calls in flight on one connection; further ones wait in the client.</summary>
    /// <value>1 to 10,000; default 256.</value>
    [Range(1, 10_000)]
    public int MaxStreamsPerConnection { get; set; } = 256;

    /// <summary>Most elements of one RecommendStream that are worked on at the same time.</summary>
    /// <value>1 to 1,024; default 16.</value>
    [Range(1, 1024)]
    public int StreamConcurrency { get; set; } = 16;

    /// <summary>How long a connection may be silent before the server asks whether the client still lives.</summary>
    /// <value>00:00:01 to 01:00:00; default 00:01:00.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAlivePingDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a stopping server reports NOT_SERVING and still takes new calls, so that load balancers turn away first.</summary>
    /// <value>00:00:00 to 00:05:00; default 00:00:00. In Kubernetes, a little more than the readiness period.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ReadinessGrace { get; set; } = TimeSpan.Zero;

    /// <summary>How long calls in flight may go on after that; what is left then is cut off.</summary>
    /// <value>00:00:00 to 00:10:00; default 00:00:10.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether gRPC reflection tells clients which services and messages there are.</summary>
    /// <value>true or false; default true.</value>
    public bool Reflection { get; set; } = true;
}
