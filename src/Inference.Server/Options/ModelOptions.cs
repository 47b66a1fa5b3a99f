using System.ComponentModel.DataAnnotations;
using Inference.Recommendations.Comparison;

namespace Inference.Server.Options;

/// <summary>How versions of the model come, are tried, and go while the server runs. Which ones it serves, Inference:Bundle:Version says.</summary>
public sealed class ModelOptions
{
    /// <summary>How often the folder of versions is looked at for new ones. A folder is polled, because shared and mounted file systems tell nobody of changes.</summary>
    /// <value>00:00:00 (never: versions come by ModelService alone) to 1.00:00:00; default 00:00:05.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long nothing in a version's folder may have changed before it is loaded by itself, for those who copy files instead of renaming a finished folder.</summary>
    /// <value>00:00:00 to 01:00:00; default 00:00:02.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How many versions that were active before stay loaded, so that a rollback takes no load. Each takes as much memory as it did when it was active.</summary>
    /// <value>0 to 10; default 0: what was replaced goes with its last request, and a rollback loads it again.</value>
    [Range(0, 10)]
    public int KeepFormer { get; set; }

    /// <summary>Which share of the requests a new version gets at first. Users stay on their side.</summary>
    /// <value>0 (it becomes the active version at once) to 1; default 0.</value>
    [Range(0.0, 1.0)]
    public double CanaryShare { get; set; }

    /// <summary>How long it has that share before it becomes the active version by itself.</summary>
    /// <value>00:00:00 (never: until ModelService/Activate or a newer version) to 30.00:00:00; default 00:00:00.</value>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan CanaryTime { get; set; }

    /// <summary>A version that answers a share of the requests once more, after the active one: both answers are compared and counted, and the second one is given to nobody. It is loaded as soon as its folder is there, and does not become active by itself.</summary>
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
