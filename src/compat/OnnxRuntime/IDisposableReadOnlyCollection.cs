namespace Microsoft.ML.OnnxRuntime;

/// <summary>A list that owns its elements: disposing it disposes them and leaves it empty.</summary>
public interface IDisposableReadOnlyCollection<T> : IReadOnlyCollection<T>, IReadOnlyList<T>, IDisposable
{
}
