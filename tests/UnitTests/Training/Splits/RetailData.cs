using Inference.Training.Data;
using Inference.Training.Splits;
using UnitTests.Towers;

namespace UnitTests.Training.Splits;

/// <summary>A real data set, read once for all tests that want it.</summary>
internal static class RetailData
{
    private static readonly Lazy<DataFolder> Data = new(() => DataFolder.Open(SharedFolder.Require("data/online-retail")));
    private static readonly Lazy<ColdSplit> Parts = new(() => ColdSplitReader.Read(SharedFolder.Require("data/online-retail/splits")));

    public static DataFolder Folder
    {
        get
        {
            SharedFolder.Require("data/online-retail");
            return Data.Value;
        }
    }

    public static ColdSplit Split
    {
        get
        {
            SharedFolder.Require("data/online-retail/splits");
            return Parts.Value;
        }
    }
}
