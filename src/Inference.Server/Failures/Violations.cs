using System.Text;
using Google.Rpc;

namespace Inference.Server.Failures;

/// <summary>Collects the fields of one request that break a rule: all of them, not the first. Allocates only when one does.</summary>
internal struct Violations
{
    /// <summary>Most violations that are told one by one, so that a bad request cannot make a large reply.</summary>
    private const int MostTold = 32;

    private List<BadRequest.Types.FieldViolation>? _told;
    private int _more;

    public readonly bool Any => _told is not null;

    /// <summary>Whether no more are told; whoever has much to check may stop.</summary>
    public readonly bool IsFull => _told is { Count: >= MostTold };

    public void Add(string field, string description)
    {
        if (_told is { Count: >= MostTold })
            _more++;
        else
            (_told ??= []).Add(new BadRequest.Types.FieldViolation { Field = field, Description = description });
    }

    /// <summary>The failure; null when nothing breaks a rule.</summary>
    /// <param name="inMessage">Most violations that its message tells, for clients that do not show the details.</param>
    public readonly Failure? ToFailure(int inMessage = 1) => _told is null ? null : FailureTable.InvalidRequest(_told, _more, inMessage);

    /// <summary>A text of at most so many bytes of UTF-8.</summary>
    public void CheckLength(string field, string text, int mostBytes)
    {
        if (IsTooLong(text, mostBytes))
            Add(field, TooLong(text, mostBytes));
    }

    /// <summary>A list of ids: at most so many, each of at most so many bytes.</summary>
    public void CheckIds(string field, IReadOnlyList<string> ids, int mostIds, int mostBytes)
    {
        CheckCount(field, ids.Count, mostIds);
        int checkedIds = Math.Min(ids.Count, mostIds);
        for (int i = 0; i < checkedIds; i++)
        {
            if (IsTooLong(ids[i], mostBytes))
                Add($"{field}[{i}]", TooLong(ids[i], mostBytes));
        }
    }

    public void CheckCount(string field, int count, int most)
    {
        if (count > most)
            Add(field, $"holds {count} elements; at most {most} are allowed.");
    }

    private static bool IsTooLong(string text, int mostBytes) => text.Length * 3 > mostBytes && Encoding.UTF8.GetByteCount(text) > mostBytes;

    private static string TooLong(string text, int mostBytes) => $"has {Encoding.UTF8.GetByteCount(text)} bytes of UTF-8; at most {mostBytes} are allowed.";
}
