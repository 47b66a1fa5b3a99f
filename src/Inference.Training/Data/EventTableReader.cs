using System.Buffers.Text;

namespace Inference.Training.Data;

/// <summary>Reads events.csv: columns user_id, item_id, timestamp, and where they are there value and basket_id (or session_id); others are passed over.</summary>
internal sealed class EventTableReader : IDisposable
{
    public const string FileName = "events.csv";

    private const int RowsBetweenReports = 1 << 16;

    private readonly CsvFile _file;
    private readonly int _user, _item, _time, _value, _basket;
    private readonly IdTable _userIds = new();
    private readonly IdTable _itemIds = new();
    private readonly IdTable _basketIds = new();
    private readonly ChunkedColumn<int> _users = new();
    private readonly ChunkedColumn<int> _items = new();
    private readonly ChunkedColumn<long> _milliseconds = new();
    private readonly ChunkedColumn<float> _values = new();
    private readonly ChunkedColumn<int> _baskets = new();
    private readonly BadRows _bad = new();
    private TimestampForm _form;

    private EventTableReader(string path)
    {
        _file = new CsvFile(path);
        try
        {
            int[] places = _file.Require("user_id", "item_id", "timestamp");
            (_user, _item, _time) = (places[0], places[1], places[2]);
        }
        catch
        {
            Dispose();
            throw;
        }

        _value = _file.Find("value");
        _basket = _file.Find("basket_id");
        if (_basket < 0)
            _basket = _file.Find("session_id");
    }

    /// <exception cref="InvalidDataException">The file does not have the columns, has no event, or too many bad rows.</exception>
    public static EventTable Read(string path, double mostBadRows, Action<double>? progress, CancellationToken cancellationToken)
    {
        using var reader = new EventTableReader(path);
        return reader.Read(mostBadRows, progress, cancellationToken);
    }

    public void Dispose() => _file.Dispose();

    private EventTable Read(double mostBadRows, Action<double>? progress, CancellationToken cancellationToken)
    {
        int count = 0;
        while (_file.Read(_bad))
        {
            if (TryAdd() is { } reason)
            {
                _bad.Add(_file.Rows.Line, reason);
                continue;
            }

            if (++count == Array.MaxLength)
                throw _file.Invalid($"there are more than {Array.MaxLength - 1} events, which is the limit.");
            if (count % RowsBetweenReports == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Invoke(_file.Done);
            }
        }

        _bad.Check(_file.Path, count, mostBadRows);
        if (count == 0)
            throw _file.Invalid("there is not one event.");
        return new EventTable(_userIds, _itemIds, _users.Take(), _items.Take(), _milliseconds.Take(), _value < 0 ? null : _values.Take(), _basket < 0 ? null : _baskets.Take())
        {
            TimestampForm = _form,
            Columns = _file.Columns,
            BadRows = _bad,
        };
    }

    /// <summary>Adds the current row, or says why it cannot be used.</summary>
    private string? TryAdd()
    {
        ReadOnlySpan<byte> user = _file.Rows[_user], item = _file.Rows[_item], time = _file.Rows[_time];
        if (user.IsEmpty || item.IsEmpty)
            return user.IsEmpty ? "the user_id is empty" : "the item_id is empty";
        if (_form == TimestampForm.Unknown)
            _form = Timestamps.FormOf(time);
        if (!Timestamps.TryRead(time, _form, out long milliseconds))
            return Unreadable("timestamp", time);
        float value = 1;
        if (_value >= 0)
        {
            ReadOnlySpan<byte> text = _file.Rows[_value];
            if (!text.IsEmpty && (!Utf8Parser.TryParse(text, out value, out int used) || used != text.Length || !float.IsFinite(value)))
                return Unreadable("value", text);
        }

        int userNumber = _userIds.Add(user), itemNumber = _itemIds.Add(item);
        if (userNumber < 0 || itemNumber < 0)
            return "an id is too long or not UTF-8";
        _users.Add(userNumber);
        _items.Add(itemNumber);
        _milliseconds.Add(milliseconds);
        if (_value >= 0)
            _values.Add(value);
        if (_basket >= 0)
            _baskets.Add(BasketOf(_file.Rows[_basket]));
        return null;
    }

    /// <summary>Whole numbers are their own numbers; other ids are counted downwards from -1, and only they are kept: a large file has as many baskets as a third of its events.</summary>
    private int BasketOf(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return EventTable.NoBasket;
        if (text.Length <= 10 && text[0] is >= (byte)'0' and <= (byte)'9' && (text[0] != '0' || text.Length == 1) && Utf8Parser.TryParse(text, out int number, out int used) && used == text.Length)
            return number;
        int place = _basketIds.Add(text);
        return place < 0 ? EventTable.NoBasket : -1 - place;
    }

    private string Unreadable(string column, ReadOnlySpan<byte> text) =>
        !_bad.NeedsReason ? "" : $"the {column} '{System.Text.Encoding.UTF8.GetString(text[..Math.Min(text.Length, 40)])}' cannot be read{(column == "timestamp" && _form != TimestampForm.Unknown ? $" as {_form}" : "")}";
}
