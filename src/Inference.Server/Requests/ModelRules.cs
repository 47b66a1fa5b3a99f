using Inference.Server.Failures;
using Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Checks what is asked of versions of the model, without knowing which there are.</summary>
internal static class ModelRules
{
    /// <param name="version">A version that somebody named.</param>
    public static Failure? Check(string version)
    {
        var violations = new Violations();
        CheckVersion(ref violations, version);
        return violations.ToFailure();
    }

    public static Failure? Check(SplitTrafficRequest request)
    {
        var violations = new Violations();
        if (request.Version.Length > 0)
            CheckVersion(ref violations, request.Version);
        if (!(request.Share >= 0 && request.Share <= 1))
            violations.Add("share", "is outside of 0 to 1.");
        return violations.ToFailure();
    }

    private static void CheckVersion(ref Violations violations, string version)
    {
        if (version.Length == 0)
            violations.Add("version", "is empty; it must be 'name/version', as ListVersions gives it.");
        violations.CheckLength("version", version, RequestLimits.IdBytes);
    }
}
