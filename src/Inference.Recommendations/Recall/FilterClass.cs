namespace Inference.Recommendations.Recall;

/// <summary>How much of the catalogue a search could return.</summary>
public enum FilterClass
{
    /// <summary>No allow list or filter, and at most 1 % of the items excluded.</summary>
    None,

    /// <summary>At least half.</summary>
    Half,

    /// <summary>10 to 50 %.</summary>
    Tenth,

    /// <summary>1 to 10 %.</summary>
    Hundredth,

    /// <summary>0.1 to 1 %.</summary>
    Thousandth,

    /// <summary>Less than 0.1 %.</summary>
    Less,
}

/// <summary>Names and bounds of <see cref="FilterClass"/>.</summary>
public static class FilterClasses
{
    /// <summary>How many there are.</summary>
    public const int Count = 6;

    private const double AlmostAll = 0.99;

    /// <summary>The class of a search.</summary>
    /// <param name="eligible">Rows that it could return.</param>
    /// <param name="rows">Rows of the index.</param>
    /// <param name="isPicked">Whether only listed or filtered rows were eligible.</param>
    public static FilterClass Of(int eligible, int rows, bool isPicked)
    {
        double share = rows == 0 ? 1 : (double)eligible / rows;
        return share switch
        {
            >= AlmostAll when !isPicked => FilterClass.None,
            >= 0.5 => FilterClass.Half,
            >= 0.1 => FilterClass.Tenth,
            >= 0.01 => FilterClass.Hundredth,
            >= 0.001 => FilterClass.Thousandth,
            _ => FilterClass.Less,
        };
    }

    /// <summary>The name in metrics and replies: the share of the catalogue that is eligible.</summary>
    public static string NameOf(FilterClass filter) => filter switch
    {
        FilterClass.None => "none",
        FilterClass.Half => ">=50%",
        FilterClass.Tenth => "10-50%",
        FilterClass.Hundredth => "1-10%",
        FilterClass.Thousandth => "0.1-1%",
        _ => "<0.1%",
    };
}
