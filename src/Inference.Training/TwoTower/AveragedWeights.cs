using System.Numerics.Tensors;

namespace Inference.Training.TwoTower;

/// <summary>An exponential average of weights over the last steps, shorter at the beginning; it ranks better and more steadily than the weights of any one step (Polyak and Juditsky, 1992).</summary>
internal sealed class AveragedWeights(float[] start, double steps)
{
    private readonly float[] _average = steps > 0 ? [.. start] : [];
    private int _count;

    public void Add(float[] weights)
    {
        if (_average.Length == 0)
            return;
        _count++;
        float kept = (float)Math.Min(1 - 1 / Math.Max(1, steps), _count / (_count + 10.0));
        TensorPrimitives.Lerp(weights, _average, kept, _average);
    }

    /// <summary>Exchanges the average and the weights; called twice, it changes nothing.</summary>
    public void Swap(float[] weights)
    {
        for (int i = 0; i < _average.Length; i++)
            (weights[i], _average[i]) = (_average[i], weights[i]);
    }
}
