using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>
/// Fills one row of one input. A feature that is missing, or of a kind that the encoder does not read, gives the value for missing ones: what a client may send is checked
/// before, and a stored feature of the wrong kind must not fail a request. Safe for concurrent use; allocates nothing.
/// </summary>
/// <typeparam name="T">Element type of the input; bool inputs are bytes of 0 and 1.</typeparam>
internal abstract class InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    /// <param name="row">The user or item.</param>
    /// <param name="destination">The elements of the row, with whatever was there before; every one is written.</param>
    public abstract void Encode(in TowerRow row, Span<T> destination);
}
