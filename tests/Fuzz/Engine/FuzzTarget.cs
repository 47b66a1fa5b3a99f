namespace Fuzz.Engine;

/// <summary>
/// A parser of what comes from outside, with valid inputs to start from and all that must hold for whatever it is given. One object is used by one thread at a time, and disposed in the end.
/// </summary>
public abstract class FuzzTarget : IDisposable
{
    /// <summary>The name by which it is asked for, and that of its folders of inputs.</summary>
    public abstract string Name { get; }

    /// <summary>Cases of a test run; with a seed they are the same inputs on every machine.</summary>
    public virtual int TestCases => 2_000;

    /// <summary>Whether a fault could end the process, because memory that was mapped or handed to native code is read by what the input says.</summary>
    public virtual bool NeedsProcess => false;

    /// <summary>Managed bytes that a case may allocate, in all: so many for each byte of the input, and so many besides.</summary>
    public virtual (long PerByte, long Free) MostAllocated => (256, 1 << 20);

    /// <summary>Most bytes of an input.</summary>
    public virtual int MostBytes => 16 << 10;

    /// <summary>Pieces that mean something to the parser.</summary>
    public virtual IReadOnlyList<string> Tokens => [];

    /// <summary>Inputs that the product's own writers make; each has to be taken.</summary>
    public abstract IEnumerable<byte[]> Seeds();

    /// <summary>Makes checksums right again, so that what lies behind them is reached; most mutated inputs are repaired.</summary>
    /// <param name="input">The mutated input; may be replaced.</param>
    public virtual void Repair(ref byte[] input)
    {
    }

    /// <summary>Has the parser read an input, and checks what it made of it.</summary>
    /// <returns>False where the input was refused in the way that the parser documents.</returns>
    /// <exception cref="FuzzException">Something does not hold. Any other exception is a finding too.</exception>
    public abstract bool Read(byte[] input);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the target holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
