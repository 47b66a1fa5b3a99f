using Google.Rpc;

namespace Inference.Cli.Export;

/// <summary>Why a user has no slate.</summary>
/// <param name="Code">The gRPC status, as the contract of gRPC spells it: "INVALID_ARGUMENT".</param>
/// <param name="Reason">The server's constant for programs; empty where it has none.</param>
/// <param name="Message">One sentence.</param>
internal sealed record ExportError(string Code, string Reason, string Message)
{
    public static ExportError OfLine(string fault) => new("INVALID_ARGUMENT", "UNREADABLE_LINE", fault);

    public static ExportError Of(Status status)
    {
        string reason = "";
        foreach (Google.Protobuf.WellKnownTypes.Any detail in status.Details)
        {
            if (detail.TryUnpack(out ErrorInfo info))
                reason = info.Reason;
        }

        return new ExportError(NameOf((Grpc.Core.StatusCode)status.Code), reason, status.Message);
    }

    /// <summary>"InvalidArgument" as "INVALID_ARGUMENT".</summary>
    public static string NameOf(Grpc.Core.StatusCode code) =>
        code == Grpc.Core.StatusCode.OK ? "OK" : string.Concat(code.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? "_" + c : char.ToUpperInvariant(c).ToString()));
}
