using System.ComponentModel.DataAnnotations;

namespace Inference.Recommendations.Catalogue;

/// <summary>How items come and go while they are served.</summary>
public sealed class CatalogueOptions
{
    /// <summary>How long a server that starts waits for the items that were changed earlier, where Redis keeps them. Then it answers without, and catches up once Redis is there.</summary>
    /// <value>00:00:00 to 00:05:00; default 00:00:02.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ReplayBudget { get; set; } = TimeSpan.FromSeconds(2);
}
