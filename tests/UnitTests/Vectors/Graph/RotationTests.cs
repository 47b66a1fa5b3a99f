using System.Numerics.Tensors;
using Inference.Vectors.Graph;
using Xunit;

namespace UnitTests.Vectors.Graph;

public sealed class RotationTests
{
    public static TheoryData<int> Dimensions => [1, 3, 64, 100, 513, 600];

    [Theory]
    [MemberData(nameof(Dimensions))]
    public void Apply_ToTheUnitVectors_GivesOrthonormalOnes(int dimension)
    {
        Rotation rotation = Rotation.Random(dimension, seed: 5);
        var turned = new float[dimension][];
        for (int i = 0; i < dimension; i++)
        {
            var unit = new float[dimension];
            unit[i] = 1;
            rotation.Apply(unit, turned[i] = new float[dimension]);
        }

        float worst = 0;
        for (int i = 0; i < dimension; i++)
        {
            for (int j = 0; j <= i; j++)
                worst = MathF.Max(worst, MathF.Abs(TensorPrimitives.Dot<float>(turned[i], turned[j]) - (i == j ? 1 : 0)));
        }
        Assert.InRange(worst, 0, 1e-5f);
    }

    [Theory]
    [MemberData(nameof(Dimensions))]
    public void Undo_AfterApply_GivesTheVector(int dimension)
    {
        Rotation rotation = Rotation.Random(dimension, seed: 6);
        float[] vector = SeededVectors.Uniform(dimension, seed: 7), turned = new float[dimension], back = new float[dimension];

        rotation.Apply(vector, turned);
        rotation.Undo(turned, back);

        for (int i = 0; i < dimension; i++)
            Assert.Equal(vector[i], back[i], 1e-5f);
    }

    [Fact]
    public void Apply_IntoMoreRoom_LeavesWhatLiesBehind()
    {
        var turned = new float[40];
        Array.Fill(turned, 7f);

        Rotation.Random(33, seed: 1).Apply(SeededVectors.Uniform(33, seed: 2), turned);

        Assert.All(turned[33..], static element => Assert.Equal(7, element));
        Assert.DoesNotContain(7f, turned[..33]);
    }

    [Fact]
    public void Apply_ToASpike_SpreadsIt()
    {
        var spike = new float[100];
        spike[17] = 10;
        var turned = new float[100];

        Rotation.Random(100, seed: 3).Apply(spike, turned);

        Assert.InRange(TensorPrimitives.MaxMagnitude<float>(turned), -5, 5);
    }

    [Theory]
    [MemberData(nameof(Dimensions))]
    public void Random_WithTheSameSeed_GivesTheSameMatrices(int dimension)
    {
        float[] matrices = Rotation.Random(dimension, seed: 8).Matrices.ToArray();

        Assert.Equal(matrices, Rotation.Random(dimension, seed: 8).Matrices.ToArray());
        // In one dimension there are only two.
        if (dimension > 1)
            Assert.NotEqual(matrices, Rotation.Random(dimension, seed: 9).Matrices.ToArray());
    }

    [Theory]
    [MemberData(nameof(Dimensions))]
    public void Of_WithItsMatrices_TurnsAlike(int dimension)
    {
        Rotation rotation = Rotation.Random(dimension, seed: 10);
        float[] vector = SeededVectors.Uniform(dimension, seed: 11), expected = new float[dimension], actual = new float[dimension];

        rotation.Apply(vector, expected);
        Rotation.Of(dimension, rotation.Matrices).Apply(vector, actual);

        Assert.Equal(expected, actual);
        Assert.Throws<InvalidDataException>(() => Rotation.Of(dimension, rotation.Matrices[1..]));
        Assert.Throws<InvalidDataException>(() => Rotation.Of(dimension, [.. rotation.Matrices, 0f]));
    }
}
