using Google.Rpc;
using Grpc.Core;
using Inference.Recommendations.Ports;
using Inference.Server.Models;
using Inference.Towers.Bundles;

namespace Inference.Server.Failures;

/// <summary>
/// The one table from what can go wrong to what the caller is told.
/// <code>
///  what                                          code                  reason
///  fields that break a rule                      INVALID_ARGUMENT      INVALID_REQUEST
///  model_version is not loaded                   FAILED_PRECONDITION   MODEL_VERSION_NOT_LOADED
///  a version that the repository has not         NOT_FOUND             UNKNOWN_VERSION
///  a version that is refused                     FAILED_PRECONDITION   BUNDLE_REFUSED           with all reasons
///  a change that a version's state forbids       FAILED_PRECONDITION   VERSION_NOT_LOADED, VERSION_IS_ACTIVE, NO_FORMER_VERSION
///  features for items, but no item tower         FAILED_PRECONDITION   ITEM_TOWER_MISSING
///  items to embed or to read that nobody knows   NOT_FOUND             UNKNOWN_ITEMS
///  health of a service that does not exist       NOT_FOUND             UNKNOWN_SERVICE
///  a tower, by name or version, that is not there NOT_FOUND            UNKNOWN_MODEL
///  tensors that the graph cannot take            INVALID_ARGUMENT      INPUTS_UNFIT
///  no model is loaded yet                        UNAVAILABLE           MODEL_LOADING          retry after 1 s
///  the server stops                              UNAVAILABLE           SERVER_STOPPING        retry at once, elsewhere
///  a store that cannot confirm what it must      UNAVAILABLE           STORE_UNAVAILABLE      retry after 1 s
///  a tower that has no room, and no fallback     UNAVAILABLE           OVERLOADED             retry after 1 s
///  no room for a call (CallAdmission)            UNAVAILABLE           OVERLOADED             retry after a time that grows with what is refused
///  a client beyond its quota (CallAdmission)     RESOURCE_EXHAUSTED    QUOTA_EXCEEDED         retry when there is one again
///  a stream without questions for too long       UNAVAILABLE           STREAM_IDLE            retry at once
///  a tower failed where there is no fallback     INTERNAL              TOWER_FAILED
///  the deadline passed, or would have            DEADLINE_EXCEEDED     DEADLINE_EXCEEDED
///  the caller gave up                            CANCELLED             CANCELLED
///  anything else                                 INTERNAL              INTERNAL               logged, never told
/// </code>
/// </summary>
internal static class FailureTable
{
    private static readonly Failure Internal = new(StatusCode.Internal, "INTERNAL", "The server failed to answer; its log says why.");

    private static readonly Failure TowerFailed = new(StatusCode.Internal, "TOWER_FAILED", "The model failed to compute embeddings.");

    private static readonly Failure StoreUnavailable =
        new(StatusCode.Unavailable, "STORE_UNAVAILABLE", "The shared store could not confirm it; call again.") { RetryDelay = TimeSpan.FromSeconds(1) };

    public static Failure DeadlineExceeded { get; } = new(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", "The deadline passed, or would have passed, before there was an answer.");

    public static Failure Overloaded { get; } =
        new(StatusCode.Unavailable, "OVERLOADED", "More work waits for the model than it can do soon; call again later.") { RetryDelay = TimeSpan.FromSeconds(1) };

    private static readonly Failure Cancelled = new(StatusCode.Cancelled, "CANCELLED", "The caller gave up.");

    public static Failure ModelLoading { get; } =
        new(StatusCode.Unavailable, "MODEL_LOADING", "The model is being loaded; try again in a moment.") { RetryDelay = TimeSpan.FromSeconds(1) };

    public static Failure ServerStopping { get; } =
        new(StatusCode.Unavailable, "SERVER_STOPPING", "The server is stopping; what was answered stands, ask another server for the rest.") { RetryDelay = TimeSpan.Zero };

    public static Failure StreamIdle { get; } =
        new(StatusCode.Unavailable, "STREAM_IDLE", "No question came for so long that the stream was ended (Inference:Admission:StreamIdleTimeout); open another when there is one.") { RetryDelay = TimeSpan.Zero };

    public static Failure ItemTowerMissing { get; } =
        new(StatusCode.FailedPrecondition, "ITEM_TOWER_MISSING", "The model that answers has item embeddings but no item tower, so items cannot be embedded from features.");

    /// <param name="violations">What breaks a rule.</param>
    /// <param name="more">How many violations there are beside them.</param>
    /// <param name="inMessage">Most violations that the message tells; all are in the details.</param>
    public static Failure InvalidRequest(IReadOnlyList<BadRequest.Types.FieldViolation> violations, int more, int inMessage = 1)
    {
        string told = string.Join(' ', violations.Take(inMessage).Select(violation => $"{violation.Field}: {violation.Description}"));
        int rest = violations.Count + more - inMessage;
        return new Failure(StatusCode.InvalidArgument, "INVALID_REQUEST", rest > 0 ? $"{told} (and {rest} more; see the details)" : told) { Violations = violations };
    }

    public static Failure ModelVersionNotLoaded(string asked, string? active) => new(
        StatusCode.FailedPrecondition,
        "MODEL_VERSION_NOT_LOADED",
        $"Version '{Short(asked)}' is not loaded; the active version is '{active}'.");

    /// <param name="asked">The version that there is not.</param>
    /// <param name="there">Those that there are.</param>
    public static Failure UnknownVersion(string asked, IReadOnlyList<string> there) => new(
        StatusCode.NotFound,
        "UNKNOWN_VERSION",
        $"There is no version '{Short(asked)}'{(there.Count == 0 ? "" : $"; there are {string.Join(", ", there.Order(StringComparer.Ordinal).Take(10))}{(there.Count > 10 ? ", …" : "")}")}. Versions are named 'name/version'.");

    private static Failure Of(ModelRequestException refused) => refused.Fault switch
    {
        ModelFault.Unknown => new Failure(StatusCode.NotFound, "UNKNOWN_VERSION", refused.Message),
        ModelFault.NotLoaded => new Failure(StatusCode.FailedPrecondition, "VERSION_NOT_LOADED", refused.Message),
        ModelFault.IsActive => new Failure(StatusCode.FailedPrecondition, "VERSION_IS_ACTIVE", refused.Message),
        _ => new Failure(StatusCode.FailedPrecondition, "NO_FORMER_VERSION", refused.Message),
    };

    private static Failure Of(BundleException refused) => new(StatusCode.FailedPrecondition, "BUNDLE_REFUSED", refused.Message);

    /// <param name="field">Name of the repeated field that holds the items.</param>
    /// <param name="places">Their places in it.</param>
    public static Failure UnknownItems(string field, IReadOnlyList<int> places)
    {
        const int mostNamed = 10;
        string named = string.Join(", ", places.Take(mostNamed).Select(place => $"{field}[{place}]"));
        return new Failure(
            StatusCode.NotFound, "UNKNOWN_ITEMS", $"{places.Count} items are not in the catalogue and have no features: {named}{(places.Count > mostNamed ? ", ..." : "")}.");
    }

    /// <summary>There is no item of the id that was asked for.</summary>
    public static Failure UnknownItem { get; } = new(StatusCode.NotFound, "UNKNOWN_ITEMS", "There is no item of this id in the catalogue.");

    public static Failure UnknownService { get; } = new(StatusCode.NotFound, "UNKNOWN_SERVICE", "There is no service of this name.");

    /// <param name="asked">The name that was asked for.</param>
    /// <param name="known">Names that there are.</param>
    public static Failure UnknownModel(string asked, IReadOnlyList<string> known) =>
        new(StatusCode.NotFound, "UNKNOWN_MODEL", $"There is no model '{Short(asked)}'; there are {Quoted(known)}.");

    /// <param name="model">The model.</param>
    /// <param name="asked">The version that was asked for.</param>
    /// <param name="known">Versions that are loaded.</param>
    public static Failure UnknownModelVersion(string model, string asked, IReadOnlyList<string> known) =>
        new(StatusCode.NotFound, "UNKNOWN_MODEL", $"Version '{Short(asked)}' of the model '{Short(model)}' is not loaded; loaded are {Quoted(known)}.");

    /// <param name="why">What was wrong, in the runtime's words, which speak of the graph and the tensors alone.</param>
    public static Failure InputsUnfit(string why) => new(StatusCode.InvalidArgument, "INPUTS_UNFIT", $"The model cannot take these inputs: {why}");

    /// <summary>What the caller is told of an exception.</summary>
    /// <param name="exception">What a method threw.</param>
    /// <param name="isCallerGone">Whether the call's own token is cancelled: the caller went away or the deadline passed.</param>
    /// <param name="isLate">Whether the deadline has passed.</param>
    public static Failure Of(Exception exception, bool isCallerGone, bool isLate) => exception switch
    {
        FailureException told => told.Failure,
        OperationCanceledException or TimeoutException when isLate => DeadlineExceeded,
        // A transport whose peer is gone also refuses reads and writes in these ways.
        OperationCanceledException or IOException or InvalidOperationException when isCallerGone => Cancelled,
        TowerBusyException { Outcome: EncodeOutcome.Late } => DeadlineExceeded,
        TowerBusyException => Overloaded,
        ModelRequestException refused => Of(refused),
        BundleException refused => Of(refused),
        TowerException => TowerFailed,
        StoreException => StoreUnavailable,
        _ => Internal,
    };

    /// <summary>Whether a failure is one of the server's own, to be logged with its exception.</summary>
    public static bool IsOurs(Failure failure) => failure.Code == StatusCode.Internal;

    private static string Quoted(IReadOnlyList<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));

    private static string Short(string text) => text.Length <= 64 ? text : string.Concat(text.AsSpan(0, 64), "…");
}
