using System.Runtime.InteropServices;
using Inference.Vectors;
using Inference.Vectors.Files;
using Inference.Vectors.Graph.Compact;
using Inference.Vectors.Graph.Fast;

namespace UnitTests.Vectors.Graph;

/// <summary>Graphs that are spoilt on purpose, as memory, a disk or a mistake in a merge might spoil them. Saved again they have right checksums.</summary>
internal static class DamagedIndex
{
    /// <summary>The same index with every link leading to one of the rows behind its node.</summary>
    public static VectorIndex BrokenLinks(VectorIndex index) => Changed(index, (file, header) =>
    {
        if (index.Kind == IndexKind.Compact)
        {
            Span<byte> links = Section(file, header, "links");
            int degree = (int)Whole(header, "degree"), width = index.Count < PackedLinks.NarrowRows ? 3 : 4;
            for (int node = 0; node < index.Count; node++)
            {
                for (int slot = 0; slot < degree; slot++)
                {
                    int next = (node + 1 + slot) % index.Count;
                    for (int b = 0; b < width; b++)
                        links[(((node * degree) + slot) * width) + b] = (byte)(next >> (8 * b));
                }
            }

            return;
        }

        Span<byte> records = Section(file, header, "records");
        var layout = new RecordLayout(index.Dimension, (int)Whole(header, "bits"));
        for (int node = 0; node < index.Count; node++)
        {
            Span<byte> record = records.Slice(node * (int)layout.Bytes, (int)layout.Bytes);
            Span<int> numbers = MemoryMarshal.Cast<byte, int>(record[(int)layout.Numbers..])[..RecordLayout.MaxDegree];
            for (int slot = 0; slot < numbers.Length; slot++)
                numbers[slot] = (node + 1 + slot) % index.Count;
        }
    });

    /// <summary>The same index with the vectors of most rows turned around, all but those of every eighth row.</summary>
    public static VectorIndex BrokenVectors(VectorIndex index) => Changed(index, (file, header) =>
    {
        bool isCompact = index.Kind == IndexKind.Compact;
        Span<byte> section = Section(file, header, isCompact ? "codes" : "records");
        int stride = section.Length / index.Count;
        int length = isCompact ? stride : (int)new RecordLayout(index.Dimension, (int)Whole(header, "bits")).Length;
        for (int row = 0; row < index.Count; row++)
        {
            if (row % 8 == 0)
                continue;
            Span<byte> vector = section.Slice(row * stride, isCompact ? length : length * sizeof(short));
            if (isCompact)
                vector.Reverse();
            else
                MemoryMarshal.Cast<byte, short>(vector).Reverse();
        }
    });

    private static VectorIndex Changed(VectorIndex index, Action<byte[], IndexFileHeader> change)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("damaged-index-").FullName, "index.bin");
        try
        {
            index.Save(path);
            byte[] file = File.ReadAllBytes(path);
            change(file, IndexFileHeader.Read(file.AsSpan(0, IndexFileHeader.Bytes), file.Length));
            File.WriteAllBytes(path, file);
            return VectorIndex.Load(path, new IndexLoadOptions(Resident: true, SkipVerification: true));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    private static Span<byte> Section(byte[] file, IndexFileHeader header, string name)
    {
        IndexFileSection section = header.Sections.Single(section => section.Name == name);
        return file.AsSpan((int)section.Offset, (int)section.Length);
    }

    private static long Whole(IndexFileHeader header, string name) => header.Parameters.Single(parameter => parameter.Name == name).Bits;
}
