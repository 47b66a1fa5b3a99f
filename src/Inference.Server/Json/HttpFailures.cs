using System.Globalization;
using Grpc.Core;
using Inference.Server.Failures;

namespace Inference.Server.Json;

/// <summary>
/// What HTTP refuses before a method is reached, and the HTTP status of every other failure.
/// <code>
///  what                                    HTTP   code                 reason
///  a path that is not served               404    UNIMPLEMENTED        UNKNOWN_PATH
///  another method than POST                405    INVALID_ARGUMENT     METHOD_NOT_ALLOWED
///  a request of a web page                 403    PERMISSION_DENIED    WEB_PAGE
///  a body of another type                  415    INVALID_ARGUMENT     UNSUPPORTED_MEDIA_TYPE
///  a body over the limit                   413    RESOURCE_EXHAUSTED   BODY_TOO_LARGE
///  a body that ends early                  400    INVALID_ARGUMENT     BODY_INCOMPLETE
///  a caller who closed the connection     499    CANCELLED            CANCELLED
///  a text that is no JSON                  400    INVALID_ARGUMENT     INVALID_JSON
/// </code>
/// All others are <see cref="FailureTable"/>'s.
/// </summary>
internal static class HttpFailures
{
    private const string UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", TooLargeReason = "BODY_TOO_LARGE", UnknownPathReason = "UNKNOWN_PATH", MethodNotAllowedReason = "METHOD_NOT_ALLOWED";

    public static Failure WebPage { get; } = new(
        StatusCode.PermissionDenied, "WEB_PAGE", "The request comes from a web page ('Origin' or 'Sec-Fetch-Site' says so), and pages may not call this server. A proxy that has checked its callers takes both headers away.");

    public static Failure MethodNotAllowed { get; } = new(StatusCode.InvalidArgument, MethodNotAllowedReason, "This path is called by POST.");

    public static Failure BodyIncomplete { get; } = new(StatusCode.InvalidArgument, "BODY_INCOMPLETE", "The body ended before its announced end, or broke the rules of HTTP.");

    public static Failure CallerGone { get; } = new(StatusCode.Cancelled, "CANCELLED", "The caller gave up.");

    public static Failure UnknownPath(IEnumerable<string> known) =>
        new(StatusCode.Unimplemented, UnknownPathReason, $"There is no such path; there are {string.Join(", ", known)}.");

    /// <param name="what">What is not taken, as in "The content type 'text/plain' is not taken".</param>
    public static Failure MediaType(string what) => new(StatusCode.InvalidArgument, UnsupportedMediaType, what);

    /// <param name="what">"The body", or "The line".</param>
    /// <param name="most">Most bytes.</param>
    public static Failure TooLarge(string what, int most) =>
        new(StatusCode.ResourceExhausted, TooLargeReason, string.Create(CultureInfo.InvariantCulture, $"{what} has more than {most} bytes, which is the limit (Inference:Server:MaxReceiveBytes)."));

    /// <summary>The HTTP status of a failure: by its code as google.rpc.Code maps them, unless HTTP has one that says it better.</summary>
    public static int StatusOf(Failure failure) => failure.Reason switch
    {
        UnsupportedMediaType => StatusCodes.Status415UnsupportedMediaType,
        TooLargeReason => StatusCodes.Status413PayloadTooLarge,
        UnknownPathReason => StatusCodes.Status404NotFound,
        MethodNotAllowedReason => StatusCodes.Status405MethodNotAllowed,
        Security.SecurityFailures.NotServedReason => StatusCodes.Status404NotFound,
        _ => StatusOf(failure.Code),
    };

    private static int StatusOf(StatusCode code) => code switch
    {
        StatusCode.OK => StatusCodes.Status200OK,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}
