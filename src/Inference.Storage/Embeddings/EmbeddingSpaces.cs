namespace Inference.Storage.Embeddings;

/// <summary>Numbers for the embedding spaces that this process has met: few, and nearly always the same one.</summary>
internal sealed class EmbeddingSpaces
{
    private readonly Lock _gate = new();
    private volatile string[] _names = [];
    private volatile Named? _latest;

    /// <summary>All names, by number.</summary>
    public string[] Names => _names;

    /// <summary>The number of a space; a new one gets the next.</summary>
    public int NumberOf(string space)
    {
        if (_latest is { } latest && latest.Name == space)
            return latest.Number;
        int number = Array.IndexOf(_names, space);
        if (number < 0)
        {
            lock (_gate)
            {
                number = Array.IndexOf(_names, space);
                if (number < 0)
                {
                    number = _names.Length;
                    _names = [.. _names, space];
                }
            }
        }

        _latest = new Named(space, number);
        return number;
    }

    private sealed record Named(string Name, int Number);
}
