using Inference.Vectors;

namespace Inference.Recommendations.Ports;

/// <summary>
/// Exact search of a snapshot's items on a device. It stands beside the snapshot's index, which knows every change of the catalogue at once, gives the final scores, and answers what the device cannot. Safe for concurrent use.
/// </summary>
public interface IDeviceSearch
{
    /// <summary>Writes the best eligible rows, best first; equal scores by ascending row; with the scores that the index gives.</summary>
    /// <param name="query">The dimension's number of finite elements; to be left alone until the task ends.</param>
    /// <param name="results">As many as are wanted. Contents are undefined unless the outcome is <see cref="DeviceSearchOutcome.Found"/>.</param>
    /// <param name="filter">Which rows are eligible; its sets stay as they are until the task ends, and are not touched after it.</param>
    /// <param name="urgency">Whose turn comes first, and how long an answer is of use.</param>
    /// <param name="cancellationToken">Gives up waiting; work that has begun on the device goes on.</param>
    /// <exception cref="TowerException">The device failed.</exception>
    ValueTask<DeviceSearchResult> SearchAsync(ReadOnlyMemory<float> query, Memory<Neighbor> results, RowFilter filter, Urgency urgency, CancellationToken cancellationToken);

    /// <summary>Tells that the index has another vector for a row from now on, or none. Searches that begin after the call answer so.</summary>
    void RowChanged(int row);
}
