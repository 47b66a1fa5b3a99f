using System.Globalization;

namespace Inference.Cli.Load;

/// <summary>Ids of users or items: a list, or numbers behind a prefix, which take no memory however many they are.</summary>
internal sealed class NumberedIds
{
    private readonly IReadOnlyList<string>? _list;
    private readonly string _prefix;

    public NumberedIds(IReadOnlyList<string> list)
    {
        _list = list;
        _prefix = "";
        Count = list.Count;
    }

    /// <param name="prefix">What stands before the number.</param>
    /// <param name="count">How many there are: prefix1, prefix2, …</param>
    public NumberedIds(string prefix, int count)
    {
        _prefix = prefix;
        Count = count;
    }

    public int Count { get; }

    public string this[int index] => _list is null ? string.Create(CultureInfo.InvariantCulture, $"{_prefix}{index + 1}") : _list[index];
}
