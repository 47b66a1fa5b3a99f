namespace Inference.Recommendations.Ports;

/// <summary>Counts that fade with time: popularity of items, and what exploration has shown and gained. Safe for concurrent use.</summary>
public interface ICounters
{
    /// <summary>Adds to a count; returns at once, whoever reads meanwhile. The store behind the process gets the sum later.</summary>
    /// <param name="name">Which counts; a short name out of a closed set.</param>
    /// <param name="member">Whose count, for example an item id.</param>
    /// <param name="amount">Finite.</param>
    /// <param name="time">When what is counted happened; what is older than the store keeps is ignored.</param>
    void Add(string name, string member, double amount, DateTimeOffset time);

    /// <summary>How far the counts of a name have come, to be compared with a former answer. What is added before the next <see cref="Read"/> may be in that already.</summary>
    CountsMark MarkOf(string name);

    /// <summary>All counts of a name that are above 0, each halved once per half-life since what it counts. Those of all replicas, as far as they have arrived here.</summary>
    /// <param name="name">Which counts.</param>
    /// <param name="take">Gets each member once, in any order, with its count. Must not come back to these counts.</param>
    void Read(string name, Action<string, double> take);
}
