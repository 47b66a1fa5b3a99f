using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Stands for an encoder that could not be read, so that its fault is reported with all others.</summary>
internal sealed record InvalidSpec(string Fault) : EncoderSpec
{
    internal override void Check(SpecCheck check) => check.Error(Fault);

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) => throw new InvalidOperationException(Fault);
}
