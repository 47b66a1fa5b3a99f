using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Recommendations.Fusion;

/// <summary>A hash of feature values, 128 bits in two lanes that mix by other constants. Allocates nothing.</summary>
internal struct ContextHash
{
    private ulong _a = 0x243F6A8885A308D3;
    private ulong _b = 0x13198A2E03707344;

    public ContextHash()
    {
    }

    public readonly UInt128 Value => new(_a, _b);

    public void Add(ulong word)
    {
        _a = BitOperations.RotateLeft((_a ^ word) * 0x9E3779B97F4A7C15, 29) + 0xA4093822299F31D0;
        _b = BitOperations.RotateLeft((_b + word) * 0xC2B2AE3D27D4EB4F, 37) ^ 0x082EFA98EC4E6C89;
    }

    public void Add(FeatureValue value)
    {
        Add((ulong)value.Kind);
        switch (value.Kind)
        {
            case FeatureKind.Text:
                Add(value.Text);
                break;
            case FeatureKind.Integer:
                Add((ulong)value.Integer);
                break;
            case FeatureKind.Number:
                Add(BitConverter.DoubleToUInt64Bits(value.Number));
                break;
            case FeatureKind.TextList:
                Add((ulong)value.TextList.Count);
                for (int i = 0; i < value.TextList.Count; i++)
                    Add(value.TextList[i]);
                break;
            case FeatureKind.IntegerList:
                Add((ulong)value.IntegerList.Count);
                for (int i = 0; i < value.IntegerList.Count; i++)
                    Add((ulong)value.IntegerList[i]);
                break;
            case FeatureKind.NumberList:
                Add((ulong)value.NumberList.Count);
                for (int i = 0; i < value.NumberList.Count; i++)
                    Add(BitConverter.DoubleToUInt64Bits(value.NumberList[i]));
                break;
            default:
                break;
        }
    }

    private void Add(string text)
    {
        Add((ulong)text.Length);
        foreach (char unit in text)
            Add((ulong)unit);
    }
}
