using Inference.Training.Data;
using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Fused;

/// <summary>What a model is trained on.</summary>
/// <param name="Data">The data folder.</param>
/// <param name="Split">Its parts; the test parts are for reports alone.</param>
/// <param name="Plan">What is made of the columns of users and items.</param>
/// <param name="Events">The raw events that belong to training.</param>
public sealed record TrainingSet(DataFolder Data, ColdSplit Split, FeaturePlan Plan, TrainingEvents Events)
{
    /// <summary>Items of the bundle: those of the split, by index.</summary>
    public int ItemCount => Split.Items.Count;

    /// <summary>Items with training events: rows 0 to this.</summary>
    public int TrainedCount => Split.Items.TrainingCount;

    public static TrainingSet Of(DataFolder data, ColdSplit split) => new(data, split, FeaturePlan.Decide(data.Users, data.Items, split), TrainingEventsBuilder.Build(split, data.Events));

    /// <summary>Titles by item index: of the first column of free text, otherwise none.</summary>
    public string?[] Titles()
    {
        EntityColumn? column = Data.Items.Columns.FirstOrDefault(candidate => candidate.Type == ColumnType.Text);
        string?[] titles = new string?[ItemCount];
        for (int item = 0; column is not null && item < titles.Length; item++)
        {
            int row = Data.Items.Find(Split.Items.Ids[item]);
            int code = row < 0 ? EntityColumn.Missing : column.Codes[row];
            titles[item] = code == EntityColumn.Missing ? null : column.TextOf(code);
        }

        return titles;
    }
}
