namespace Inference.Recommendations.Ports;

/// <summary>Counts that fade with time: popularity of items, and what exploration has shown and gained. Safe for concurrent use.</summary>
public interface ICounters
{
    /// <summary>Adds to a count; returns at once. The store behind the process gets the sum later.</summary>
    /// <param name="name">Which counts; a short name out of a closed set.</param>
    /// <param name="member">Whose count, for example an item id.</param>
    /// <param name="amount">Finite.</param>
    /// <param name="time">When what is counted happened; what is older than the store keeps is ignored.</param>
    void Add(string name, string member, double amount, DateTimeOffset time);

    /// <summary>All counts of a name, each halved once per half-life since what it counts. Those of all replicas, as far as they have arrived here.</summary>
    IReadOnlyDictionary<string, double> Read(string name);
}
