using Inference.Training.Chance;
using Inference.Training.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Training.Text;

public sealed class SentenceEncoderTests
{
    private static readonly string[] Words = ["red", "blue", "##s", "cup"];
    private static readonly float[][] Vectors = [[1, 0, 2], [0, 4, 0], [3, 3, 3], [8, 0, -4]];

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Encode_PooledInTheModelOrBehindIt_IsTheMeanOverTheMask(bool isPooled, bool withTypes)
    {
        using var folder = new SentenceEncoderFolder(Words, Vectors, isPooled, withTypes);
        using var encoder = SentenceEncoder.Open(folder.Path, NullLogger.Instance);

        // The marks and unknown words have vectors of zeros, and count; padding does not.
        IReadOnlyList<float[]> vectors = encoder.Encode(["Red cups", "", "blue blue plate red cup red", "blue"]);

        Close([12f / 5, 3f / 5, 1f / 5], vectors[0]);
        Close([0, 0, 0], vectors[1]);
        Close([10f / 8, 8f / 8, 0], vectors[2]);
        Close([0, 4f / 3, 0], vectors[3]);
    }

    [Theory]
    [InlineData("\"a lot\"")]
    [InlineData("1e30")]
    [InlineData("null")]
    public void Encode_WithTokensAndANextSentenceHead_TakesTheMeanOfTheTokens(string longest)
    {
        using var folder = new SentenceEncoderFolder(Words, Vectors, isPooled: false, withFirstPlace: true);
        File.WriteAllText(Path.Combine(folder.Path, "tokenizer_config.json"), $$"""{ "model_max_length": {{longest}} }""");
        using var encoder = SentenceEncoder.Open(folder.Path, NullLogger.Instance);
        Close([0, 4f / 3, 0], encoder.Encode(["blue"])[0]);
    }

    [Fact]
    public void Open_WithoutAModel_SaysSo()
    {
        using var folder = new SentenceEncoderFolder(Words, Vectors, isPooled: true);
        File.Delete(Path.Combine(folder.Path, "model.onnx"));
        Assert.Contains("model.onnx", Assert.Throws<InvalidDataException>(() => SentenceEncoder.Open(folder.Path, NullLogger.Instance)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder.Path, "model.onnx"), "no model");
        Assert.Throws<InvalidDataException>(() => SentenceEncoder.Open(folder.Path, NullLogger.Instance));
    }

    [Fact]
    public void Fit_OfWhitening_TakesOutMeanAndVariance()
    {
        // Three directions of very different sizes within six dimensions, away from zero.
        var random = new SeededRandom(3);
        float[][] directions = [[1, 1, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0], [0, 0, 0, 0, 2, 1]];
        double[] sizes = [30, 3, 0.3];
        var vectors = new float[2_000][];
        for (int row = 0; row < vectors.Length; row++)
        {
            vectors[row] = [5, 5, 5, 5, 5, 5];
            for (int k = 0; k < 3; k++)
            {
                float size = (float)(sizes[k] * random.NextGaussian());
                for (int i = 0; i < 6; i++)
                    vectors[row][i] += size * directions[k][i];
            }
        }

        var whitening = Whitening.Fit(vectors, 64, 1);
        double[][] white = [.. vectors.Select(whitening.Apply)];

        Assert.Equal(3, whitening.Width);
        Assert.All(white, vector => Assert.Equal(1, vector.Sum(value => value * value), 1e-6));
        for (int a = 0; a < 3; a++)
        {
            Assert.Equal(0, white.Average(vector => vector[a]), 0.05);
            for (int b = 0; b < 3; b++)
                Assert.Equal(a == b ? 1.0 / 3 : 0, white.Average(vector => vector[a] * vector[b]), 0.03);
        }

        Assert.Equal(2, Whitening.Fit(vectors, 2, 1).Width);
    }

    private static void Close(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f);
    }
}
