using Inference.Training.Splits;
using UnitTests.Towers;
using Xunit;

namespace UnitTests.Training.Splits;

public sealed class ColdSplitReaderTests
{
    private static readonly string[] Support = [.. Enumerable.Range(0, 10).Select(i => $"v,{i},{i},support")];
    private static readonly string[] Targets = [.. Enumerable.Range(10, 5).Select(i => $"v,{i},{i},target")];

    [Fact]
    public void Read_OfPlainFiles_GivesTheParts()
    {
        using var folder = new TemporaryFolder();
        WriteSmall(folder);
        ColdSplit split = ColdSplitReader.Read(folder["s"]);
        Assert.Equal(["b", "a"], split.TrainingUserIds);
        Assert.Equal((15, 15..16, 16..17), (split.Items.TrainingCount, split.Items.ColdTest, split.Items.ColdValidation));
        Assert.Equal([3, 0], split.Training[0].ToArray());
        Assert.Equal([1], split.Training[1].ToArray());
        Assert.Equal([2], split.WarmTest[1].ToArray());
        Assert.Equal(0, split.WarmValidation.Total);
        Assert.Equal([15], split.ColdItemsTest[0].ToArray());
        Assert.Equal([16], split.ColdItemsValidation[0].ToArray());
        Assert.Equal(["v"], split.Test.UserIds);
        Assert.Equal([10, 11, 12, 13, 14], split.Test.Targets[0].ToArray());
        Assert.Equal(new SplitTimes("time", 100, 200), split.Times);
    }

    [Theory]
    [InlineData("train.csv", "user_id,item_id\nb,3\nb,99\n", "train.csv, line 3: the item '99' is not in catalogue.csv")]
    [InlineData("train.csv", "user_id,item_id\nb,new\n", "line 2: the item 'new' has another role")]
    [InlineData("train.csv", "user_id,item_id\nb,3\nb,3\n", "line 3: user 'b' has the item '3' twice")]
    [InlineData("train.csv", "user_id,item_id\n", "not one training event")]
    [InlineData("train.csv", "user,item_id\n", "no column 'user_id'")]
    [InlineData("catalogue.csv", "item_index,item_id,role\n0,a,train\n2,b,train\n", "line 3: 'item_index' is '2' where 1 follows")]
    [InlineData("catalogue.csv", "item_index,item_id,role\n0,a,cold_test\n1,b,train\n", "line 3: 'role' is 'train'")]
    [InlineData("catalogue.csv", "item_index,item_id,role\n0,a,train\n1,a,train\n", "'a' is there twice")]
    [InlineData("fewshot_val.csv", "user_id,item_id,position,role\na,1,0,support\n", "line 2: user 'a' is a training user, too")]
    [InlineData("fewshot_val.csv", "user_id,item_id,position,role\nw,1,0,support\n", "user 'w' has 1 support items and 0 targets")]
    [InlineData("stats.json", "{", "stats.json")]
    public void Read_OfFilesThatDoNotFit_SaysWhatAndWhere(string file, string content, string expected)
    {
        using var folder = new TemporaryFolder();
        WriteSmall(folder);
        File.WriteAllText(Path.Combine(folder["s"], file), content);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => ColdSplitReader.Read(folder["s"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",train_users")]
    public void Read_WhateverTheCatalogueCounts_CountsTheUsersOfTraining(string column)
    {
        using var folder = new TemporaryFolder();
        WriteSmall(folder);
        File.WriteAllLines(Path.Combine(folder["s"], "catalogue.csv"),
            ["item_index,item_id,role" + column, .. Enumerable.Range(0, 15).Select(i => $"{i},{i},train" + (column.Length > 0 ? ",7" : "")), "15,new,cold_test" + (column.Length > 0 ? "," : ""), "16,newer,cold_val" + (column.Length > 0 ? ",0" : "")]);
        Assert.Equal([1, 1, 0, 1, .. new int[13]], ColdSplitReader.Read(folder["s"]).Items.TrainingUsers);
    }

    [Fact]
    public void Read_WithoutAFile_NamesIt()
    {
        using var folder = new TemporaryFolder();
        WriteSmall(folder);
        File.Delete(Path.Combine(folder["s"], "warm_val.csv"));
        Assert.Contains("warm_val.csv", Assert.Throws<FileNotFoundException>(() => ColdSplitReader.Read(folder["s"])).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => ColdSplitReader.Read(folder["none"]));
    }

    private static void WriteSmall(TemporaryFolder folder)
    {
        Directory.CreateDirectory(folder["s"]);
        Write("catalogue.csv", ["item_index,item_id,role,train_users", .. Enumerable.Range(0, 15).Select(i => $"{i},{i},train,1"), "15,new,cold_test,0", "16,newer,cold_val,0"]);
        Write("train.csv", ["user_id,item_id,position", "b,3,0", "a,1,0", "b,0,1"]);
        Write("warm_val.csv", ["user_id,item_id,position", "stranger,3,0"]);
        Write("warm_test.csv", ["user_id,item_id,position", "a,2,0"]);
        Write("cold_items_val.csv", ["user_id,item_id", "b,newer"]);
        Write("cold_items_test.csv", ["user_id,item_id", "b,new"]);
        Write("fewshot_val.csv", ["user_id,item_id,position,role"]);
        Write("fewshot_test.csv", ["user_id,item_id,position,role", .. Support, .. Targets]);
        Write("stats.json", ["{ \"mode\": \"time\", \"t_val\": 100, \"t_test\": 200 }"]);

        void Write(string name, string[] lines) => File.WriteAllLines(Path.Combine(folder["s"], name), lines);
    }
}
