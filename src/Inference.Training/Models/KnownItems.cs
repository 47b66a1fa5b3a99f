namespace Inference.Training.Models;

/// <summary>Leaves out of a history what a model was not fitted on.</summary>
internal static class KnownItems
{
    /// <returns>The history itself when it holds nothing else.</returns>
    public static ReadOnlySpan<int> Of(ReadOnlySpan<int> history, int items)
    {
        foreach (int item in history)
        {
            if (item >= items)
                return Filter(history, items);
        }

        return history;
    }

    private static int[] Filter(ReadOnlySpan<int> history, int items)
    {
        var known = new List<int>(history.Length);
        foreach (int item in history)
        {
            if (item < items)
                known.Add(item);
        }

        return [.. known];
    }
}
