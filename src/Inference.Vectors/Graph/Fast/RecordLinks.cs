using System.Runtime.Intrinsics.X86;

namespace Inference.Vectors.Graph.Fast;

/// <summary>The links in the records of the fast layout.</summary>
/// <param name="records">Held by the caller.</param>
/// <param name="layout">Of the records.</param>
internal readonly unsafe struct RecordLinks(byte* records, RecordLayout layout) : ILinks
{
    public int Capacity => RecordLayout.MaxDegree;

    public void Prefetch(int node)
    {
        if (!Sse.IsSupported)
            return;
        byte* record = records + (nuint)(uint)node * layout.Bytes;
        for (nuint line = layout.Factors & ~(nuint)63; line < layout.Bytes; line += 64)
            Sse.Prefetch0(record + line);
    }

    public int Read(int node, int* neighbours)
    {
        byte* record = records + (nuint)(uint)node * layout.Bytes;
        var factors = (ushort*)(record + layout.Factors);
        var numbers = (int*)(record + layout.Numbers);
        int count = 0;
        for (int slot = 0; slot < RecordLayout.MaxDegree; slot++)
        {
            if (!RecordLayout.IsNone(factors[slot]))
                neighbours[count++] = numbers[slot];
        }
        return count;
    }
}
