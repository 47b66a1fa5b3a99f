namespace Inference.Towers.Bundles;

/// <summary>Collects everything that is wrong with a bundle, so that one check reports it all.</summary>
internal sealed class BundleProblems
{
    /// <summary>A hostile or badly broken bundle could have one per item; more than this many help nobody.</summary>
    private const int Limit = 100;

    /// <summary>Most characters of one: names and values of a file are told as they are, and may be as long as the file.</summary>
    private const int MostCharacters = 1_000;

    private readonly List<string> _reasons = [];
    private int _suppressed;

    public int Count => _reasons.Count + _suppressed;

    public bool Any => _reasons.Count > 0;

    /// <param name="where">File, or file and field, for example "manifest.json: user_tower.inputs[0]".</param>
    /// <param name="what">What is wrong and what would be right.</param>
    public void Add(string where, string what)
    {
        if (_reasons.Count < Limit)
            _reasons.Add(Cut($"{where}: {what}"));
        else
            _suppressed++;
    }

    private static string Cut(string reason) => reason.Length <= MostCharacters ? reason : string.Concat(reason.AsSpan(0, MostCharacters), "…");

    /// <summary>Adds what another thread collected for itself.</summary>
    public void Add(BundleProblems others)
    {
        int room = Math.Max(0, Limit - _reasons.Count), taken = Math.Min(room, others._reasons.Count);
        _reasons.AddRange(others._reasons.Take(taken));
        _suppressed += others.Count - taken;
    }

    /// <exception cref="BundleException">Something is wrong.</exception>
    public void ThrowIfAny(string bundle)
    {
        if (!Any)
            return;
        if (_suppressed > 0)
            _reasons.Add($"… and {_suppressed} more.");
        throw new BundleException(bundle, _reasons);
    }
}
