using System.Globalization;
using System.Text;
using Inference.Recommendations.Fusion;

namespace Inference.Recommendations.Pipeline;

/// <summary>What the sources of a fused model had in the scores of a slate, for replies that explain themselves.</summary>
internal sealed class FusedShares
{
    /// <summary>Shares that are named; the others are small.</summary>
    private const int MostNamed = 3;

    private readonly Dictionary<int, (string Text, int Nearest)> _rows = [];

    /// <summary>The heaviest cluster; −1 where none was weighed.</summary>
    public int Cluster { get; set; } = -1;

    /// <summary>Notes what made the score of a placed row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="parts">By source: what it added.</param>
    /// <param name="model">The sources.</param>
    /// <param name="scratch">Of the run.</param>
    /// <param name="main">The source with the largest part.</param>
    public void Add(int row, ReadOnlySpan<float> parts, FusionModel model, FusionScratch scratch, int main)
    {
        float sum = 0;
        foreach (float part in parts)
            sum += MathF.Max(part, 0f);
        var text = new StringBuilder();
        Span<float> left = stackalloc float[parts.Length];
        parts.CopyTo(left);
        for (int named = 0; named < MostNamed && sum > 0; named++)
        {
            int largest = 0;
            for (int i = 1; i < left.Length; i++)
                largest = left[i] > left[largest] ? i : largest;
            if (!(left[largest] > 0))
                break;
            text.Append(named == 0 ? "Shares: " : ", ").Append(CultureInfo.InvariantCulture, $"{model.Sources[largest].Name} {left[largest] / sum * 100:0} %");
            left[largest] = 0;
        }

        if (text.Length > 0)
            text.Append('.');
        _rows[row] = (text.ToString(), model.Sources[main].NearestOf(row, scratch));
    }

    /// <summary>The largest shares of a row in words; empty for rows that were filled in later.</summary>
    public string TextOf(int row) => _rows.TryGetValue(row, out (string Text, int Nearest) noted) ? noted.Text : "";

    /// <summary>The row of the history that speaks most for a row; −1 where there is none.</summary>
    public int NearestOf(int row) => _rows.TryGetValue(row, out (string Text, int Nearest) noted) ? noted.Nearest : -1;
}
