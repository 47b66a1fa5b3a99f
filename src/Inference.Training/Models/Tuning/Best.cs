namespace Inference.Training.Models.Tuning;

/// <summary>The best of what was tried; of equals, the first.</summary>
internal sealed class Best<T>
{
    public double Worth { get; private set; } = double.NegativeInfinity;

    public T? Choice { get; private set; }

    public bool Offer(double worth, T choice)
    {
        if (!(worth > Worth))
            return false;
        (Worth, Choice) = (worth, choice);
        return true;
    }
}
