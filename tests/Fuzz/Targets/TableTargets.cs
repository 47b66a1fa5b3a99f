using System.Text;
using Fuzz.Engine;
using Inference.Cli.IndexBench;
using Inference.Towers.Import;
using Inference.Training.Data;
using Inference.Vectors;

namespace Fuzz.Targets;

/// <summary>Rows of CSV: the same however little is read at a time, and, where they are texts, the same when they are written and read again.</summary>
internal sealed class CsvRowsTarget : FileTarget
{
    public override string Name => "csv-rows";

    public override (long PerByte, long Free) MostAllocated => (4_096, 4 << 20);

    public override int TestCases => 1_000;

    public override IReadOnlyList<string> Tokens => ["\"", "\"\"", ",", "\n", "\r\n", "\r", "\"a,b\"", "\"a\nb\"", ",,", "\uFEFF", "a\"b"];

    public override IEnumerable<byte[]> Seeds()
    {
        string path = PathOf("seed.csv");
        using (var writer = new CsvWriter(path, "user_id", "item_id", "note"))
        {
            foreach (string note in new[] { "", "plain", "a,b", "quo\"te", "two\nlines", "ü\U0001F600" })
                writer.Field("u1").Field(7).Field(note).EndLine();
        }

        yield return File.ReadAllBytes(path);
        yield return "a,b\r\n\"c\"\"d\",\r\n\r\n,\r\n"u8.ToArray();
    }

    public override bool Read(byte[] input)
    {
        List<string[]>? rows = RowsOf(input, 1 << 16), few = RowsOf(input, 16);
        FuzzException.Unless(rows is null == few is null, "rows are refused by how much is read at a time");
        if (rows is null)
            return false;
        FuzzException.Unless(rows.Count == few!.Count && rows.Zip(few).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)), "rows differ by how much is read at a time");
        if (rows.Count == 0 || rows.Exists(row => row.Any(field => field.Contains('\uFFFD')) || row is [""] || row.Length == 0))
            return true;
        string path = PathOf("again.csv");
        using (var writer = new CsvWriter(path, rows[0]))
        {
            foreach (string[] row in rows.Skip(1))
            {
                foreach (string field in row)
                    writer.Field(field);
                writer.EndLine();
            }
        }

        List<string[]>? again = RowsOf(File.ReadAllBytes(path), 1 << 16);
        FuzzException.Unless(again is not null && again.Count == rows.Count && again.Zip(rows).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)), "rows that were written are others");
        return true;
    }

    /// <summary>The rows that have no fault; null where the text is UTF-16. A fault is a row with no fields.</summary>
    private static List<string[]>? RowsOf(byte[] text, int bufferLength)
    {
        using var reader = new Utf8CsvReader(new MemoryStream(text), bufferLength);
        var rows = new List<string[]>();
        try
        {
            while (reader.Read())
            {
                var row = new string[reader.Fault is null ? reader.Count : 0];
                for (int i = 0; i < row.Length; i++)
                    row[i] = Encoding.UTF8.GetString(reader[i]);
                rows.Add(row);
            }

            return rows;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}

/// <summary>A data folder: events, users and items, one after the other in the input with a byte 0x1E between them.</summary>
internal sealed class DataFolderTarget : FileTarget
{
    private const byte Between = 0x1E;

    public override string Name => "csv-folder";

    public override int TestCases => 300;

    public override (long PerByte, long Free) MostAllocated => (4_096, 16 << 20);

    public override IReadOnlyList<string> Tokens =>
        ["user_id", "item_id", "timestamp", "value", "basket_id", "session_id", "\n", ",", "\"", "2026-01-31T12:00:00Z", "2026-01-31 12:00:00", "2026-01-31", "1769860800", "1769860800000", "1e308", "nan", "-1", "9223372036854775807", "99999999999999999999", "a|b|c", "2147483647", "\u001E"];

    public override IEnumerable<byte[]> Seeds()
    {
        yield return "user_id,item_id,timestamp,value,basket_id\nu1,i1,1769860800,1.5,7\nu1,i2,1769860801,,x\nu2,i1,1769860802,2,007\n\u001Euser_id,age,country\nu1,40,France\nu2,,Spain\n\u001Eitem_id,price,tags\ni1,2.5,a|b\ni2,3,\n"u8.ToArray();
        yield return "timestamp,user_id,item_id\n2026-01-31T12:00:00Z,u1,i1\n2026-01-31T12:00:01.5+02:00,u2,i2\n"u8.ToArray();
    }

    public override bool Read(byte[] input)
    {
        string[] names = ["events.csv", "users.csv", "items.csv"];
        byte[] rest = input;
        foreach (string name in names)
        {
            int end = name == names[^1] ? -1 : Array.IndexOf(rest, Between);
            byte[] part = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (part.Length > 0)
                Put(name, part);
            else
                File.Delete(PathOf(name));
        }

        try
        {
            DataFolder folder = DataFolder.Open(Folder, new DataFolderOptions { MostBadRows = input.Length % 2 == 0 ? 1 : 0.01 });
            EventTable events = folder.Events;
            for (int i = 0; i < events.Count; i++)
                FuzzException.Unless((uint)events.Users[i] < (uint)events.UserIds.Count && (uint)events.Items[i] < (uint)events.ItemIds.Count, "an event is of nobody");
            _ = folder.Users.Describe().Count + folder.Items.Describe().Count;
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or FileNotFoundException)
        {
            return false;
        }
    }
}

/// <summary>.fvecs, .bvecs and .ivecs.</summary>
internal sealed class VecsTarget : FileTarget
{
    public override string Name => "vecs";

    public override int TestCases => 400;

    public override (long PerByte, long Free) MostAllocated => (256, 8 << 20);

    public override IEnumerable<byte[]> Seeds()
    {
        string path = PathOf("seed.ivecs");
        VecsFile.WriteIntegers(path, [[1, 2, 3], [4, 5, 6]]);
        yield return File.ReadAllBytes(path);
        VecsFile.WriteIntegers(path, [[BitConverter.SingleToInt32Bits(1.5f)]]);
        yield return File.ReadAllBytes(path);
        yield return [3, 0, 0, 0, 7, 8, 9, 3, 0, 0, 0, 1, 2, 3];
    }

    public override bool Read(byte[] input)
    {
        bool isTaken = Takes("input.fvecs", input, static path => VecsFile.ReadMatrix(path).Dispose()) | Takes("input.bvecs", input, static path => VecsFile.ReadMatrix(path).Dispose());
        return Takes("input.ivecs", input, path =>
        {
            int[][] rows = VecsFile.ReadIntegers(path);
            string again = PathOf("again.ivecs");
            VecsFile.WriteIntegers(again, rows);
            FuzzException.Unless(File.ReadAllBytes(again).AsSpan().SequenceEqual(input), "rows that were written are others");
        }) || isTaken;
    }

    private bool Takes(string name, byte[] input, Action<string> read)
    {
        string path = Put(name, input);
        try
        {
            read(path);
            return true;
        }
        catch (InvalidDataException e)
        {
            FuzzException.Unless(e.Message.Contains(path, StringComparison.Ordinal), "a refusal does not name the file");
            return false;
        }
    }
}
