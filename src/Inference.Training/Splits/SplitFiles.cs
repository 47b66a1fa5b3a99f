using Inference.Training.Data;

namespace Inference.Training.Splits;

/// <summary>Names and columns of the files that a split is kept in; each file is there plain or with .gz.</summary>
internal static class SplitFiles
{
    public const string Catalogue = "catalogue.csv";
    public const string Training = "train.csv";
    public const string WarmValidation = "warm_val.csv";
    public const string WarmTest = "warm_test.csv";
    public const string ColdItemsValidation = "cold_items_val.csv";
    public const string ColdItemsTest = "cold_items_test.csv";
    public const string Validation = "fewshot_val.csv";
    public const string Test = "fewshot_test.csv";
    public const string Stats = "stats.json";

    public const string User = "user_id";
    public const string Item = "item_id";
    public const string ItemIndex = "item_index";
    public const string Position = "position";
    public const string Role = "role";
    public const string TrainingUsers = "train_users";

    public const string TrainingRole = "train";
    public const string ColdTestRole = "cold_test";
    public const string ColdValidationRole = "cold_val";
    public const string SupportRole = "support";
    public const string TargetRole = "target";

    /// <summary>Path of a file, plain or packed.</summary>
    /// <exception cref="FileNotFoundException">It is there in neither form.</exception>
    public static string Find(string folder, string name) =>
        CsvFile.Find(folder, name) ?? throw new FileNotFoundException($"{folder} holds no split: there is neither {name} nor {name}.gz.", Path.Combine(folder, name));
}
