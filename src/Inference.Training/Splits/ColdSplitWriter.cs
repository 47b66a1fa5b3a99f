using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Inference.Training.Data;

namespace Inference.Training.Splits;

/// <summary>Writes a split into the files that <see cref="ColdSplitReader"/> reads, packed; a split that is read and written again is the same.</summary>
public static class ColdSplitWriter
{
    /// <param name="split">The split.</param>
    /// <param name="folder">Made where it is not there; files of these names are overwritten.</param>
    public static void Write(ColdSplit split, string folder)
    {
        Directory.CreateDirectory(folder);
        WriteCatalogue(split.Items, PathOf(folder, SplitFiles.Catalogue));
        WriteLists(split, split.Training, PathOf(folder, SplitFiles.Training), withPosition: true);
        WriteLists(split, split.WarmValidation, PathOf(folder, SplitFiles.WarmValidation), withPosition: true);
        WriteLists(split, split.WarmTest, PathOf(folder, SplitFiles.WarmTest), withPosition: true);
        WriteLists(split, split.ColdItemsValidation, PathOf(folder, SplitFiles.ColdItemsValidation), withPosition: false);
        WriteLists(split, split.ColdItemsTest, PathOf(folder, SplitFiles.ColdItemsTest), withPosition: false);
        WriteFewShot(split.Items, split.Validation, PathOf(folder, SplitFiles.Validation));
        WriteFewShot(split.Items, split.Test, PathOf(folder, SplitFiles.Test));
        WriteStats(split, Path.Combine(folder, SplitFiles.Stats));
    }

    private static string PathOf(string folder, string name)
    {
        // A plain file of an earlier split would be read before the packed one.
        File.Delete(Path.Combine(folder, name));
        return Path.Combine(folder, name + ".gz");
    }

    private static void WriteCatalogue(SplitItems items, string path)
    {
        using CsvWriter csv = Create(path, SplitFiles.ItemIndex, SplitFiles.Item, SplitFiles.Role, SplitFiles.TrainingUsers);
        for (int i = 0; i < items.Count; i++)
        {
            string role = i < items.TrainingCount ? SplitFiles.TrainingRole : i < items.ColdTest.End.Value ? SplitFiles.ColdTestRole : SplitFiles.ColdValidationRole;
            csv.Field(i).Field(items.Ids[i]).Field(role).Field(items.TrainingUsers[i]).EndLine();
        }
    }

    private static void WriteLists(ColdSplit split, RowLists lists, string path, bool withPosition)
    {
        using CsvWriter csv = withPosition ? Create(path, SplitFiles.User, SplitFiles.Item, SplitFiles.Position) : Create(path, SplitFiles.User, SplitFiles.Item);
        for (int row = 0; row < lists.Count; row++)
        {
            int position = 0;
            foreach (int item in lists[row])
            {
                csv.Field(split.TrainingUserIds[row]).Field(split.Items.Ids[item]);
                if (withPosition)
                    csv.Field(position++);
                csv.EndLine();
            }
        }
    }

    private static void WriteFewShot(SplitItems items, FewShotUsers users, string path)
    {
        using CsvWriter csv = Create(path, SplitFiles.User, SplitFiles.Item, SplitFiles.Position, SplitFiles.Role);
        for (int row = 0; row < users.Count; row++)
        {
            int position = 0;
            foreach (int item in users.Support[row])
                csv.Field(users.UserIds[row]).Field(items.Ids[item]).Field(position++).Field(SplitFiles.SupportRole).EndLine();
            foreach (int item in users.Targets[row])
                csv.Field(users.UserIds[row]).Field(items.Ids[item]).Field(position++).Field(SplitFiles.TargetRole).EndLine();
        }
    }

    private static void WriteStats(ColdSplit split, string path)
    {
        using FileStream file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("train_users", split.TrainingUserIds.Count);
        json.WriteNumber("train_events", split.Training.Total);
        json.WriteNumber("catalogue", split.Items.TrainingCount);
        json.WriteNumber("cold_val_items", split.Items.ColdValidation.End.Value - split.Items.ColdValidation.Start.Value);
        json.WriteNumber("cold_test_items", split.Items.ColdTest.End.Value - split.Items.ColdTest.Start.Value);
        json.WriteNumber("warm_val_users", UsersOf(split.WarmValidation));
        json.WriteNumber("warm_val_events", split.WarmValidation.Total);
        json.WriteNumber("warm_test_users", UsersOf(split.WarmTest));
        json.WriteNumber("warm_test_events", split.WarmTest.Total);
        json.WriteNumber("cold_users_val", UsersOf(split.ColdItemsValidation));
        json.WriteNumber("cold_users_test", UsersOf(split.ColdItemsTest));
        json.WriteNumber("unseen_users_eligible_val", split.Validation.Count);
        json.WriteNumber("unseen_users_eligible_test", split.Test.Count);
        if (split.Times is { } times)
        {
            WriteSecond(json, "t_val", times.Validation);
            WriteSecond(json, "t_test", times.Test);
            json.WriteString("mode", times.Mode);
        }

        json.WriteEndObject();
    }

    private static void WriteSecond(Utf8JsonWriter json, string name, long? second)
    {
        if (second is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    private static int UsersOf(RowLists lists)
    {
        int users = 0;
        for (int row = 0; row < lists.Count; row++)
            users += lists[row].Length > 0 ? 1 : 0;
        return users;
    }

    private static CsvWriter Create(string path, params ReadOnlySpan<string> columns) =>
        new(new StreamWriter(new GZipStream(File.Create(path), CompressionLevel.Optimal), new UTF8Encoding(false), 1 << 16), columns);
}
