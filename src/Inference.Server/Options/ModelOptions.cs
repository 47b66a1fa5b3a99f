using System.ComponentModel.DataAnnotations;
using Inference.Recommendations.Comparison;

namespace Inference.Server.Options;

/// <summary>Which versions of the model are there, and who gets which.</summary>
public sealed class ModelOptions
{
    /// <summary>A loaded version that answers a share of the requests once more, after the active one: both answers are compared and counted, and the second one is given to nobody.</summary>
    /// <value>"NAME/VERSION"; default "", which is none.</value>
    public string ShadowVersion { get; set; } = "";

    /// <summary>Share of the requests that the shadow version answers as well, chosen by the hash of the request's id.</summary>
    /// <value>0 to 1; default 0.01 (1 %).</value>
    [Range(0.0, 1.0)]
    public double ShadowShare { get; set; } = 0.01;

    /// <summary>Most requests that the shadow version answers at the same time.</summary>
    /// <value>1 to 64; default 1.</value>
    [Range(1, 64)]
    public int ShadowInFlight { get; set; } = 1;

    /// <summary>Most chosen requests that wait for the shadow version; further ones are dropped and counted.</summary>
    /// <value>1 to 100,000; default 64.</value>
    [Range(1, 100_000)]
    public int ShadowQueue { get; set; } = 64;

    internal ShadowPlan ToShadowPlan() => new(ShadowVersion, ShadowShare, ShadowInFlight, ShadowQueue);
}
