using System.ComponentModel.DataAnnotations;
using Inference.Storage.Redis;

namespace Inference.Storage.VectorSets;

/// <summary>The Redis with vector sets (Redis 8 or later) that surfaces with a retriever "vector_engine" ask; `inference vectors push` fills it.</summary>
public sealed class VectorEngineOptions : IValidatableObject
{
    /// <summary>Where it is, in the notation of Inference:Redis:Configuration. The other options of Inference:Redis hold for it too.</summary>
    /// <value>default "": the Redis of Inference:Redis:Configuration, and none where that is empty.</value>
    [DataType(DataType.Password)]
    public string Configuration { get; set; } = "";

    /// <summary>How many candidates a search keeps (EF of VSIM), in each shard: more find more of the nearest items and take longer. It is raised to the number of items that are asked for.</summary>
    /// <value>1 to 100,000; default 200.</value>
    [Range(1, 100_000)]
    public int SearchWidth { get; set; } = 200;

    /// <summary>How often a process looks whether the vectors of a space were replaced.</summary>
    /// <value>00:00:00.1 to 01:00:00; default 00:00:10.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Refresh { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What attributes cannot say.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Configuration.Length > 0 && RedisConnector.Problem(new RedisOptions { Configuration = Configuration }) is { } problem)
            yield return new ValidationResult(problem, [nameof(Configuration)]);
    }
}
