using System.Runtime.InteropServices;
using Inference.Vectors;
using Inference.Vectors.Files;
using Inference.Vectors.Memory;
using Xunit;

namespace UnitTests.Vectors.Files;

public sealed class IndexFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("index-file-").FullName;

    private string FilePath => Path.Combine(_folder, "index.vix");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<bool, bool> Options => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Options))]
    public void Open_OfWhatWasWritten_GivesItBack(bool resident, bool skip)
    {
        // Sections around the chunk and page sizes, one of them written in pieces that straddle chunks.
        int[] lengths = [0, 1, 31, 4095, 4096, 4097, Checksum.ChunkBytes - 1, Checksum.ChunkBytes, Checksum.ChunkBytes + 1, 3 * Checksum.ChunkBytes + 5];
        byte[][] contents = Array.ConvertAll(lengths, static length => RandomBytes(length, seed: length));
        using (var writer = new IndexFileWriter(FilePath, IndexKind.Fast, Metric.Cosine, 17, 42))
        {
            writer.Set("seed", long.MinValue);
            for (int i = 0; i < lengths.Length; i++)
            {
                writer.Begin($"section-{i}");
                for (int at = 0; at < lengths[i]; at += 700_001)
                    writer.Append<byte>(contents[i].AsSpan(at, Math.Min(700_001, lengths[i] - at)));
            }
            writer.Set("recall", 0.95);
            writer.Complete();
        }

        using IndexFile file = IndexFile.Open(FilePath, new IndexLoadOptions(resident, skip));

        Assert.Equal((IndexKind.Fast, Metric.Cosine, 17, 42), (file.Kind, file.Metric, file.Dimension, file.Count));
        Assert.Equal(long.MinValue, file.Whole("seed"));
        Assert.Equal(0.95, file.Real("recall"));
        for (int i = 0; i < lengths.Length; i++)
        {
            MemoryBlock section = file.Section($"section-{i}", lengths[i]);
            Assert.Equal((nuint)lengths[i], section.Length);
            Assert.True(section.Bytes(0, lengths[i]).SequenceEqual(contents[i]), $"section {i}");
            Assert.Equal(0u, AddressOf(section) % (resident ? MemoryBlock.Alignment : IndexFileHeader.Alignment));
            section.Release();
        }
        Assert.Equal([FilePath], Directory.GetFiles(_folder));
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Section_AfterTheFileIsDisposed_LivesUntilItIsReleased(bool resident, bool skip)
    {
        byte[] content = RandomBytes(10_000, seed: 1);
        WriteFile(content);
        IndexFile file = IndexFile.Open(FilePath, new IndexLoadOptions(resident, skip));
        MemoryBlock first = file.Section("content", content.Length);
        MemoryBlock second = file.Section("content", content.Length);
        file.Dispose();
        file.Dispose();
        first.Release();
        File.Delete(FilePath);

        Assert.True(second.Bytes(0, content.Length).SequenceEqual(content));
        second.Release();
        Assert.Throws<ObjectDisposedException>(() => file.Section("content", content.Length));
    }

    [Fact]
    public void Complete_OverAFileInUse_LeavesItsReadersWithTheOldOne()
    {
        WriteFile(RandomBytes(10_000, seed: 1));
        using IndexFile old = IndexFile.Open(FilePath);
        WriteFile(RandomBytes(20_000, seed: 2));
        using IndexFile current = IndexFile.Open(FilePath);

        Assert.Equal(RandomBytes(10_000, seed: 1), old.Array<byte>("content", 10_000));
        Assert.Equal(RandomBytes(20_000, seed: 2), current.Array<byte>("content", 20_000));
    }

    [Fact]
    public void Dispose_OfAWriterThatDidNotComplete_ChangesNothing()
    {
        WriteFile([1, 2, 3]);
        byte[] before = File.ReadAllBytes(FilePath);
        using (var writer = new IndexFileWriter(FilePath, IndexKind.Flat, Metric.L2, 1, 1))
            writer.Add<byte>("content", [4]);

        Assert.Equal(before, File.ReadAllBytes(FilePath));
        Assert.Equal([FilePath], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Set_AddAndBegin_WithNamesThatCannotBe_Throw()
    {
        using var writer = new IndexFileWriter(FilePath, IndexKind.Flat, Metric.L2, 1, 1);
        Assert.Throws<InvalidOperationException>(() => writer.Append<byte>([1]));
        writer.Add<byte>("a", [1]);
        writer.Set("a", 1);
        foreach (string name in (string[])["", "with space", "ümlaut", "line\n", new string('x', 25), "a"])
        {
            Assert.Throws<ArgumentException>(() => writer.Begin(name));
            Assert.Throws<ArgumentException>(() => writer.Set(name, 1.0));
        }
        writer.Begin(new string('x', 24));
        var e = Assert.Throws<InvalidOperationException>(() => Enumerable.Range(0, 1000).ToList().ForEach(i => writer.Begin($"s{i}")));
        Assert.Contains("no room", e.Message, StringComparison.Ordinal);
        writer.Complete();
        Assert.Throws<InvalidOperationException>(writer.Complete);
        using IndexFile file = IndexFile.Open(FilePath);
        Assert.Equal(1, file.Whole("a"));
    }

    [Fact]
    public void Section_WithAnotherLengthOrName_SaysWhatThereIs()
    {
        WriteFile([1, 2, 3]);
        using IndexFile file = IndexFile.Open(FilePath);

        Assert.Contains("should have 4 bytes and has 3", Assert.Throws<InvalidDataException>(() => file.Section("content", 4)).Message, StringComparison.Ordinal);
        Assert.Contains("there are: content", Assert.Throws<InvalidDataException>(() => file.Section("other", 3)).Message, StringComparison.Ordinal);
        Assert.Contains("no whole parameter 'real'", Assert.Throws<InvalidDataException>(() => file.Whole("real")).Message, StringComparison.Ordinal);
        Assert.Contains("no real parameter 'whole'", Assert.Throws<InvalidDataException>(() => file.Real("whole")).Message, StringComparison.Ordinal);
        Assert.Contains("should be 8 to 9 and is 7", Assert.Throws<InvalidDataException>(() => file.Whole("whole", 8, 9)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Open_CutAnywhereOrContinued_SaysSo(bool resident, bool skip)
    {
        WriteFile(RandomBytes(9_000, seed: 1));
        byte[] whole = File.ReadAllBytes(FilePath);
        int[] lengths = [.. Enumerable.Range(0, 65), 100, 1000, 4095, 4096, 4097, 8191, 8192, 8193, whole.Length - 4096, whole.Length - 1, whole.Length + 1, whole.Length + 4096];
        foreach (int length in lengths)
        {
            byte[] cut = new byte[length];
            whole.AsSpan(0, Math.Min(length, whole.Length)).CopyTo(cut);
            File.WriteAllBytes(FilePath, cut);
            AssertRefused(length == 0 ? "empty" : length < 4096 ? $"4096 bytes expected, {length} found" : $"says {whole.Length} bytes, there are {length}", new(resident, skip));
        }
    }

    [Fact]
    public void Open_WithAnyByteOfTheHeaderChanged_SaysSo()
    {
        WriteFile([1, 2, 3]);
        byte[] whole = File.ReadAllBytes(FilePath);
        var random = new Random(1);
        for (int at = 0; at < 4096; at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(FilePath, damaged);
            AssertRefused(at < 8 ? "magic" : at < 12 ? "ersion" : at < 16 ? "byte order" : "header is damaged");
        }
    }

    [Fact]
    public void Open_WithAnyByteOfTheContentChanged_NamesTheSection()
    {
        WriteFile(RandomBytes(5_000, seed: 1));
        byte[] whole = File.ReadAllBytes(FilePath);
        for (int at = 4096; at < whole.Length; at += 7)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            File.WriteAllBytes(FilePath, damaged);
            AssertRefused("Section 'content' is damaged", new(Resident: at % 2 == 0));
            using IndexFile unchecked_ = IndexFile.Open(FilePath, new(Resident: at % 3 == 0, SkipVerification: true));
            Assert.Equal(damaged[4096..9096], unchecked_.Array<byte>("content", 5_000));
        }
    }

    /// <summary>What no damage gives, but a program could: tables that lie under a checksum that holds.</summary>
    [Theory]
    [InlineData(16, 9u, "kind of index should be 1 to 4 and is 9")]
    [InlineData(20, 0u, "metric should be 1 to 3 and is 0")]
    [InlineData(24, 0u, "dimension")]
    [InlineData(24, 0x80000001u, "dimension")]
    [InlineData(28, 0xFFFFFFFFu, "number of rows")]
    [InlineData(32, 1u, "header says")]
    [InlineData(40, 4000u, "do not fit")]
    [InlineData(40, 0xFFFFFFFFu, "number of parameters")]
    [InlineData(44, 84u, "do not fit")]
    [InlineData(44, 0u, "sections end at byte 4096")]
    [InlineData(44, 2u, "name")]
    [InlineData(40, 1u, "begin")]
    [InlineData(64 + 24, 3u, "type of a parameter")]
    [InlineData(64, 0x01010101u, "name")]
    [InlineData(144 + 24, 0u, "should begin at byte 4096 and begins at 0")]
    [InlineData(144 + 28, 0x80000000u, "begin")]
    [InlineData(144 + 32, 4097u, "claims 4097 bytes")]
    [InlineData(144 + 36, 0x80000000u, "claims -")]
    [InlineData(144 + 36, 0x7FFFFFFFu, "claims 9")]
    public void Open_WithATableThatCannotBe_SaysWhy(int offset, uint value, string why)
    {
        WriteFile([1, 2, 3]);
        byte[] bytes = File.ReadAllBytes(FilePath);
        MemoryMarshal.Write(bytes.AsSpan(offset), value);
        Sign(bytes);
        File.WriteAllBytes(FilePath, bytes);

        AssertRefused(why);
        AssertRefused(why, new(Resident: true));
    }

    [Fact]
    public void Open_OfRandomTables_WorksOrSaysWhy()
    {
        WriteFile(RandomBytes(5_000, seed: 1));
        byte[] whole = File.ReadAllBytes(FilePath);
        var random = new Random(7);
        int opened = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] damaged = [.. whole];
            for (int change = random.Next(1, 4); change > 0; change--)
                damaged[random.Next(8, 200)] = (byte)random.Next(256);
            Sign(damaged);
            File.WriteAllBytes(FilePath, damaged);
            try
            {
                using IndexFile file = IndexFile.Open(FilePath, new(Resident: round % 2 == 0, SkipVerification: round % 3 == 0));
                if (file.Has("content"))
                    Assert.InRange(Record.Exception(() => file.Array<byte>("content", 5_000)) is null or InvalidDataException ? 0 : 1, 0, 0);
                opened++;
            }
            catch (InvalidDataException e)
            {
                Assert.Contains(FilePath, e.Message, StringComparison.Ordinal);
            }
        }
        Assert.InRange(opened, 1, 2999);
    }

    [Fact]
    public void Open_OfANewerVersion_NamesIt()
    {
        WriteFile([1]);
        byte[] bytes = File.ReadAllBytes(FilePath);
        bytes[8] = 2;
        File.WriteAllBytes(FilePath, bytes);

        AssertRefused("format version 2; this program reads versions up to 1");
    }

    [Fact]
    public void Open_OfWhatIsNoIndexFile_SaysSo()
    {
        NpyFile.Write(FilePath, new float[10_000], 100, 100);
        AssertRefused("magic bytes");
        Assert.Contains("folder", Assert.Throws<InvalidDataException>(() => IndexFile.Open(_folder)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => IndexFile.Open(Path.Combine(_folder, "none")));
        Assert.Throws<IOException>(() => new IndexFileWriter(_folder, IndexKind.Flat, Metric.L2, 1, 1));
    }

    private static byte[] RandomBytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static unsafe nuint AddressOf(MemoryBlock block) => (nuint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref block.Start<byte>());

    private static void Sign(byte[] file)
    {
        file.AsSpan(52, 4).Clear();
        MemoryMarshal.Write(file.AsSpan(52), Checksum.OfChunk(file.AsSpan(0, 4096)));
    }

    /// <summary>Two parameters at 64 and 104, one section at 144.</summary>
    private void WriteFile(byte[] content)
    {
        using var writer = new IndexFileWriter(FilePath, IndexKind.Flat, Metric.L2, 1, 1);
        writer.Set("whole", 7);
        writer.Set("real", 7.5);
        writer.Add<byte>("content", content);
        writer.Complete();
    }

    private void AssertRefused(string why, IndexLoadOptions options = default)
    {
        var e = Assert.Throws<InvalidDataException>(() => IndexFile.Open(FilePath, options));
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
        Assert.StartsWith(FilePath, e.Message, StringComparison.Ordinal);
    }
}
