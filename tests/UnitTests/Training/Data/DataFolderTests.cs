using System.IO.Compression;
using System.Text;
using Inference.Training.Data;
using Xunit;

namespace UnitTests.Training.Data;

public sealed class DataFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("data").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_OfPlainFolder_ReadsEventsByColumnName()
    {
        Write("events.csv", "\uFEFFother,timestamp,item_id,user_id,basket_id,value\r\nx,100,\"i,1\",u1,7,2.5\r\n\r\ny,200,i2,u1,A7,\r\nz,150,\"i,1\",u2,,1\r\n");
        DataFolder data = DataFolder.Open(_folder);
        EventTable events = data.Events;
        Assert.Equal(["i,1", "i2"], events.ItemIds.ToStrings());
        Assert.Equal([0, 1, 0], events.Items.ToArray());
        Assert.Equal([0, 0, 1], events.Users.ToArray());
        Assert.Equal([100_000, 200_000, 150_000], events.Milliseconds.ToArray());
        Assert.Equal([2.5f, 1, 1], events.Values.ToArray());
        Assert.Equal([7, -1, EventTable.NoBasket], events.Baskets.ToArray());
        Assert.Equal(TimestampForm.UnixSeconds, events.TimestampForm);
        Assert.Equal(0, events.BadRows.Count);
        Assert.Equal(["u1", "u2"], data.Users.ToIds());
        Assert.False(data.HasUsersTable || data.HasItemsTable);
    }

    [Fact]
    public void Open_OfPackedFolder_ReadsAllAndTellsProgress()
    {
        var text = new StringBuilder("user_id,item_id,timestamp\n");
        for (int i = 0; i < 200_000; i++)
            text.Append(i % 1000).Append(",i").Append(i % 77).Append(',').Append(1_000_000 + i).Append('\n');
        WritePacked("events.csv.gz", text.ToString());
        WritePacked("users.csv.gz", "user_id,country\n1,DE\n2,FR\n");
        WritePacked("items.csv.gz", "item_id,price\ni1,2.5\n");
        var steps = new Steps();
        DataFolder data = DataFolder.Open(_folder, progress: steps);
        Assert.Equal((200_000, 1000, 77), (data.Events.Count, data.Events.UserIds.Count, data.Events.ItemIds.Count));
        Assert.Equal((2, 1), (data.Users.Count, data.Items.Count));
        Assert.Equal(999, data.Events.Users[999]);
        Assert.True(data.Events.Values.IsEmpty && data.Events.Baskets.IsEmpty);
        Assert.Equal(1, steps.Told[^1]);
        Assert.True(steps.Told.Count > 2 && steps.Told.SequenceEqual(steps.Told.Order()));
    }

    [Fact]
    public void Open_WithBadRows_CountsAndListsThem()
    {
        var text = new StringBuilder("user_id,item_id,timestamp,value\n");
        for (int i = 0; i < 5000; i++)
            text.Append("u,i,").Append(i).Append(",1\n");
        text.Append("u,i,1\n,i,1,1\nu,,1,1\nu,i,x,1\nu,i,5,many\n\"u,i,5,1\n");
        Write("events.csv", text.ToString());
        BadRows bad = DataFolder.Open(_folder).Events.BadRows;
        Assert.Equal(
            [
                (5002L, "3 fields where the header has 4"),
                (5003, "the user_id is empty"),
                (5004, "the item_id is empty"),
                (5005, "the timestamp 'x' cannot be read as UnixSeconds"),
                (5006, "the value 'many' cannot be read"),
                (5007, "a quote is not closed"),
            ],
            bad.First.Select(row => (row.Line, row.Reason)));
    }

    [Fact]
    public void Open_WithTooManyBadRows_ThrowsWithLines()
    {
        var text = new StringBuilder("user_id,item_id,timestamp\n");
        for (int i = 0; i < 100; i++)
            text.Append(i % 50 == 0 ? "u,i,never\n" : "u,i,1\n");
        Write("events.csv", text.ToString());
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() => DataFolder.Open(_folder));
        Assert.Contains("2 of 100 rows", failure.Message, StringComparison.Ordinal);
        Assert.Contains("line 2: the timestamp 'never'", failure.Message, StringComparison.Ordinal);
        Assert.Equal(98, DataFolder.Open(_folder, new DataFolderOptions { MostBadRows = 0.02 }).Events.Count);
    }

    [Theory]
    [InlineData("user,item_id,time\nu,i,1\n", "there is no column user_id, timestamp; there are user, item_id, time")]
    [InlineData("user_id,item_id,timestamp,item_id\n", "'item_id' is there twice")]
    [InlineData("", "the file is empty")]
    [InlineData("user_id,item_id,timestamp\n", "not one event")]
    public void Open_OfBrokenEvents_SaysWhat(string content, string expected)
    {
        Write("events.csv", content);
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() => DataFolder.Open(_folder));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains("events.csv", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfCutGzip_Throws()
    {
        WritePacked("events.csv.gz", "user_id,item_id,timestamp\n" + string.Concat(Enumerable.Range(0, 50_000).Select(i => $"u{i * 7919 % 10007},i,{i}\n")));
        string path = Path.Combine(_folder, "events.csv.gz");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1000]);
        Assert.Contains("events.csv.gz", Assert.Throws<InvalidDataException>(() => DataFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WithoutEvents_NamesTheFile()
    {
        Assert.Contains("events.csv.gz", Assert.Throws<FileNotFoundException>(() => DataFolder.Open(_folder)).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => DataFolder.Open(Path.Combine(_folder, "none")));
    }

    [Fact]
    public void Items_OfTable_HaveTypedColumns()
    {
        Write("events.csv", "user_id,item_id,timestamp\nu,i,2020-01-01\n");
        var text = new StringBuilder("item_id,title,genres,year,price,zip,added_at,seen,empty\n");
        for (int i = 0; i < 100; i++)
            text.Append(i).Append(",The Nr. ").Append(i).Append(i % 2 == 0 ? ",Action|Drama" : ",Drama").Append(',').Append(1990 + i % 30).Append(i == 5 ? "," : ",1.5").Append(",0").Append(1000 + i).Append(",2020-01-02,1291191960,\n");
        Write("items.csv", text.Append("5,twice,,,,,,,\n").ToString());
        EntityTable items = DataFolder.Open(_folder).Items;
        Assert.Equal(
            [
                ("title", ColumnType.Text, 100, 0), ("genres", ColumnType.CategoryList, 2, 0), ("year", ColumnType.Integer, 30, 0), ("price", ColumnType.Real, 1, 1),
                ("zip", ColumnType.Category, 100, 0), ("added_at", ColumnType.Timestamp, 1, 0), ("seen", ColumnType.Timestamp, 1, 0), ("empty", ColumnType.Empty, 0, 100),
            ],
            items.Describe().Select(column => (column.Name, column.Type, column.Distinct, column.Missing)));
        Assert.Contains("the id '5' was there before", Assert.Single(items.BadRows.First).Reason, StringComparison.Ordinal);
        EntityColumn genres = items.Column("genres")!;
        Assert.Equal(["Action", "Drama"], genres.ListOf(genres.Codes[items.Find("0")]));
        Assert.Equal(1999, items.Column("year")!.IntegerOf(items.Column("year")!.Codes[9]));
        Assert.Contains("genres    CategoryList", items.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Items_WithMarksForMissingNumbers_HaveNumbers()
    {
        Write("events.csv", "user_id,item_id,timestamp\nu,i,2020-01-01\n");
        string[] marks = ["NA", "NaN", "null", "n/a", "None", ""];
        var text = new StringBuilder("item_id,pages,price,added_on,region\n");
        for (int i = 0; i < 60; i++)
        {
            string mark = marks[i / 2 % 6];
            text.Append(i).Append(',').Append(i % 2 == 0 ? mark : $"{i}").Append(',').Append(i % 2 == 0 ? mark : $"{i}.5").Append(',').Append(i % 2 == 0 ? mark : "2020-01-02").Append(i % 2 == 0 ? ",NA" : ",EU").Append('\n');
        }

        Write("items.csv", text.ToString());
        EntityTable items = DataFolder.Open(_folder).Items;
        Assert.Equal(
            [("pages", ColumnType.Integer, 30, 30), ("price", ColumnType.Real, 30, 30), ("added_on", ColumnType.Timestamp, 1, 30), ("region", ColumnType.Category, 2, 0)],
            items.Describe().Select(column => (column.Name, column.Type, column.Distinct, column.Missing)));
        EntityColumn pages = items.Column("pages")!;
        for (int row = 0; row < 60; row++)
            Assert.Equal(row % 2 == 0 ? -1 : row, pages.Codes[row] == EntityColumn.Missing ? -1 : pages.IntegerOf(pages.Codes[row]));
        Assert.Null(pages[0]);
    }

    [Theory]
    [InlineData("Война и мир том", ColumnType.Text)]
    [InlineData("Πόλεμος και ειρήνη", ColumnType.Text)]
    [InlineData("युद्ध और शान्ति", ColumnType.Text)]
    [InlineData("Ærøskøbing", ColumnType.Category)]
    [InlineData("Łódź", ColumnType.Category)]
    public void Items_WithTextsOfAnyScript_HaveTheirWordsCounted(string title, ColumnType expected)
    {
        Write("events.csv", "user_id,item_id,timestamp\nu,i,2020-01-01\n");
        Write("items.csv", "item_id,title\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i},{title}{(char)('a' + i % 26)}{(char)('a' + i / 26)}\n")));
        Assert.Equal(expected, Assert.Single(DataFolder.Open(_folder).Items.Columns).Type);
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder, name), content);

    private void WritePacked(string name, string content)
    {
        using var stream = new GZipStream(File.Create(Path.Combine(_folder, name)), CompressionLevel.Fastest);
        stream.Write(Encoding.UTF8.GetBytes(content));
    }

    private sealed class Steps : IProgress<double>
    {
        public List<double> Told { get; } = [];

        public void Report(double value) => Told.Add(value);
    }
}
