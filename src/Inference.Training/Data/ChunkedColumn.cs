namespace Inference.Training.Data;

/// <summary>Numbers that come one by one, in pieces of 2²⁰, so that a column of many millions is never copied while it grows.</summary>
internal sealed class ChunkedColumn<T>
    where T : unmanaged
{
    private const int ChunkLength = 1 << 20;

    private readonly List<T[]> _full = [];
    private T[] _last = new T[1024];
    private int _used;

    public void Add(T value)
    {
        if (_used == _last.Length)
            Grow();
        _last[_used++] = value;
    }

    /// <summary>All numbers in one array; the pieces are let go, and nothing can be added any more.</summary>
    public T[] Take()
    {
        var all = new T[(long)_full.Count * ChunkLength + _used];
        for (int i = 0; i < _full.Count; i++)
        {
            _full[i].CopyTo(all, (long)i * ChunkLength);
            _full[i] = [];
        }

        _last.AsSpan(0, _used).CopyTo(all.AsSpan(all.Length - _used));
        _full.Clear();
        _last = [];
        _used = 0;
        return all;
    }

    private void Grow()
    {
        if (_last.Length < ChunkLength)
        {
            Array.Resize(ref _last, Math.Max(1024, _last.Length * 2));
            return;
        }

        _full.Add(_last);
        _last = new T[ChunkLength];
        _used = 0;
    }
}
