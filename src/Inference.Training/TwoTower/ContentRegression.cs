namespace Inference.Training.TwoTower;

/// <summary>
/// Ridge regression from the content of items to vectors, all columns at a time, by conjugate gradients on (XᵀX + λI) B = XᵀY (Hestenes and Stiefel, 1952); X is never multiplied out.
/// </summary>
internal static class ContentRegression
{
    private const int Iterations = 40;

    /// <summary>Fills a table so that content · table ≈ the vectors.</summary>
    /// <param name="content">X.</param>
    /// <param name="items">Rows to fit.</param>
    /// <param name="targets">Y, items × width.</param>
    /// <param name="table">B, content columns × width, a multiple of 16.</param>
    /// <param name="ridge">λ, relative to the mean of XᵀX's diagonal over columns in use.</param>
    /// <param name="lanes">The threads.</param>
    public static void Fit(ContentMatrix content, int[] items, float[] targets, FloatView table, double ridge, Lanes lanes)
    {
        int width = table.RowStride, length = content.Columns * width;
        float lambda = (float)(ridge * MeanEnergy(content, items));
        float[] b = new float[length], residual = new float[length], direction, product = new float[length], fitted = new float[items.Length * width];
        content.AddTransposed(items, targets, width, FloatView.RowMajor(residual, width), lanes);
        direction = [.. residual];
        double[] squares = Squares(residual, residual, width);
        double[] first = [.. squares];
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            content.Multiply(items, FloatView.RowMajor(direction, width), fitted, width, lanes);
            Array.Clear(product);
            content.AddTransposed(items, fitted, width, FloatView.RowMajor(product, width), lanes);
            FloatVectors.AddScaled(direction, lambda, product);
            double[] curvature = Squares(direction, product, width), next;
            for (int at = 0; at < length; at += width)
            {
                for (int j = 0; j < width; j++)
                {
                    float step = curvature[j] > 0 && squares[j] > 1e-12 * first[j] ? (float)(squares[j] / curvature[j]) : 0;
                    b[at + j] += step * direction[at + j];
                    residual[at + j] -= step * product[at + j];
                }
            }

            next = Squares(residual, residual, width);
            for (int at = 0; at < length; at += width)
            {
                for (int j = 0; j < width; j++)
                    direction[at + j] = residual[at + j] + (squares[j] > 0 ? (float)(next[j] / squares[j]) : 0) * direction[at + j];
            }

            squares = next;
        }

        b.CopyTo(table.Values.AsSpan(table.Offset));
    }

    private static double MeanEnergy(ContentMatrix content, int[] items)
    {
        double[] energy = new double[content.Columns];
        foreach (int item in items)
        {
            ReadOnlySpan<int> columns = content.ColumnsOf(item);
            for (int i = 0; i < columns.Length; i++)
                energy[columns[i]] += content.WeightsOf(item)[i] * content.WeightsOf(item)[i];
        }

        double sum = 0;
        int used = 0;
        foreach (double value in energy)
        {
            sum += value;
            used += value > 0 ? 1 : 0;
        }

        return used == 0 ? 1 : sum / used;
    }

    private static double[] Squares(float[] a, float[] b, int width)
    {
        double[] sums = new double[width];
        for (int at = 0; at < a.Length; at += width)
        {
            for (int j = 0; j < width; j++)
                sums[j] += (double)a[at + j] * b[at + j];
        }

        return sums;
    }
}
