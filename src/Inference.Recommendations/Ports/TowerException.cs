namespace Inference.Recommendations.Ports;

/// <summary>A tower could not encode: the model failed, or its output is not finite. The ladder falls to the next rung.</summary>
public class TowerException : Exception
{
    public TowerException(string message)
        : base(message)
    {
    }

    public TowerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
