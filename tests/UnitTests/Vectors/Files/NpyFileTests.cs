using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors.Files;

public sealed class NpyFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"npy-{Guid.NewGuid():N}.npy");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 5)]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(400_000, 2)]
    public void Write_ThenRead_GivesTheSame(int rows, int columns)
    {
        float[] elements = SeededVectors.Uniform(rows * columns, seed: 1);

        NpyFile.Write(_path, elements, rows, columns);
        float[] read = NpyFile.Read(_path, out int readRows, out int readColumns);

        Assert.Equal((rows, columns), (readRows, readColumns));
        Assert.Equal(elements, read);
    }

    [Fact]
    public void Write_OverALongerFile_CutsIt()
    {
        NpyFile.Write(_path, new float[100], 10, 10);
        NpyFile.Write(_path, [1, 2], 1, 2);

        Assert.Equal([1, 2], NpyFile.Read(_path, out _, out _));
    }

    [Fact]
    public void Write_OfAMatrix_IsWhatNumPyWrites()
    {
        NpyFile.Write(_path, [1, 2, 3, 4, 5, 6], 3, 2);

        // numpy.save of the same: version 1.0, header padded with spaces to a multiple of 64 and closed by a line feed.
        byte[] bytes = File.ReadAllBytes(_path);
        Assert.Equal("\x93NUMPY\x01\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }".PadRight(127) + "\n", Encoding.Latin1.GetString(bytes, 0, 128));
        Assert.Equal([1f, 2, 3, 4, 5, 6], MemoryMarshal.Cast<byte, float>(bytes.AsSpan(128)));
    }

    [Fact]
    public void Write_WithALengthThatIsNoMatrix_Throws()
    {
        Assert.Throws<ArgumentException>(() => NpyFile.Write(_path, new float[5], 2, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => NpyFile.Write(_path, [], -1, 0));
        Assert.False(File.Exists(_path));
    }

    [Fact]
    public void ReadMatrix_OfFloats_KeepsTheRows()
    {
        float[] elements = SeededVectors.Uniform(9 * 21, seed: 1);
        NpyFile.Write(_path, elements, 9, 21);

        using VectorMatrix matrix = NpyFile.ReadMatrix(_path);

        Assert.Equal((9, 21), (matrix.Count, matrix.Dimension));
        for (int row = 0; row < 9; row++)
            Assert.Equal(elements.AsSpan(row * 21, 21), matrix.Row(row));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Read_OfEveryVersion_Works(byte version)
    {
        WriteRaw("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", [0, 0, 128, 63, 0, 0, 0, 64], version);

        Assert.Equal([1, 2], NpyFile.Read(_path, out _, out _));
    }

    [Fact]
    public void Read_OfHalvesAndBytes_WidensThem()
    {
        WriteRaw("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 1), }", [0x00, 0x3C, 0x00, 0xC1]);
        Assert.Equal([1, -2.5f], NpyFile.Read(_path, out _, out _));

        WriteRaw("{'descr': '|i1', 'fortran_order': False, 'shape': (1, 3), }", [0, 127, 128]);
        Assert.Equal([0, 127, -128], NpyFile.Read(_path, out _, out _));

        WriteRaw("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 1), }", [0, 127, 255]);
        using VectorMatrix matrix = NpyFile.ReadMatrix(_path);
        Assert.Equal([255f], matrix.Row(2));
    }

    [Fact]
    public void ReadIntegers_OfInt32AndInt64_ReturnsThem()
    {
        WriteRaw("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2), }", [7, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        Assert.Equal([7, -1], NpyFile.ReadIntegers(_path, out int rows, out int columns));
        Assert.Equal((1, 2), (rows, columns));

        WriteRaw("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 1), }", [.. BitConverter.GetBytes(5L), .. BitConverter.GetBytes((long)int.MaxValue)]);
        Assert.Equal([5, int.MaxValue], NpyFile.ReadIntegers(_path, out _, out _));
    }

    [Fact]
    public void ReadIntegers_OfWhatIsNoRowNumber_SaysWhy()
    {
        WriteRaw("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2), }", [.. BitConverter.GetBytes(5L), .. BitConverter.GetBytes(1L << 31)]);
        Assert.Contains("Element 1 is 2147483648", Assert.Throws<InvalidDataException>(() => NpyFile.ReadIntegers(_path, out _, out _)).Message, StringComparison.Ordinal);

        WriteRaw("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", new byte[4]);
        Assert.Contains("The elements are Float32", Assert.Throws<InvalidDataException>(() => NpyFile.ReadIntegers(_path, out _, out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfRowNumbers_RefusesThemAsVectors()
    {
        WriteRaw("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 1), }", new byte[4]);
        Assert.Contains("The elements are Int32", Assert.Throws<InvalidDataException>(() => NpyFile.Read(_path, out _, out _)).Message, StringComparison.Ordinal);
        Assert.Contains("The elements are Int32", Assert.Throws<InvalidDataException>(() => NpyFile.ReadMatrix(_path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"shape\":(1,1),\"fortran_order\":False,\"descr\":\"|u1\"}")]
    [InlineData("  { 'descr' : '|u1' ,\n'shape':(1 , 1 , ), 'fortran_order' : False , }   \n")]
    public void Read_WithAnyOrderQuotesAndSpace_Understands(string dictionary)
    {
        WriteRaw(dictionary, [9]);

        Assert.Equal([9], NpyFile.Read(_path, out _, out _));
    }

    [Theory]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }", "<f8")]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (1, 1), }", ">f4")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1, 1), }", "|O")]
    [InlineData("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 1), }", "quoted string")]
    [InlineData("{'descr': '|u1', 'fortran_order': True, 'shape': (1, 1), }", "Fortran")]
    [InlineData("{'descr': '|u1', 'fortran_order': 1, 'shape': (1, 1), }", "neither True nor False")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }", "1 dimensions")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", "0 dimensions")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1), }", "3 dimensions")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (1 1), }", "')' is missing")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 1), }", "no number")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 99999999999999999999999999999999999999999), }", "too large")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (2147483647, 2147483647), }", "the file has 1")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 1), }", "the file has 1")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 1), }", "takes 0 bytes")]
    [InlineData("{'descr': '|u1', 'fortran_order': False}", "must all be there")]
    [InlineData("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)}", "there twice")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1), 'more': 1}", "'more'")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)} 1", "follows")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)", "'}' is missing")]
    [InlineData("{'descr': '|u1", "no end")]
    [InlineData("", "'{' is missing")]
    public void Read_WithAHeaderThatCannotBeUsed_SaysWhy(string dictionary, string why)
    {
        WriteRaw(dictionary, [9]);

        var e = Assert.Throws<InvalidDataException>(() => NpyFile.Read(_path, out _, out _));
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
        Assert.Contains(_path, e.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => NpyFile.ReadMatrix(_path));
    }

    [Fact]
    public void ReadMatrix_WithNotANumber_NamesTheRow()
    {
        NpyFile.Write(_path, [1, 2, 3, float.NaN], 2, 2);

        var e = Assert.Throws<InvalidDataException>(() => NpyFile.ReadMatrix(_path));
        Assert.Equal($"{_path}: Row 1 holds NaN at position 1; vectors must be finite.", e.Message);
        Assert.Equal(float.NaN, NpyFile.Read(_path, out _, out _)[3]);
    }

    [Fact]
    public void ReadMatrix_WithNoColumns_Throws()
    {
        WriteRaw("{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 0), }", []);

        Assert.Throws<InvalidDataException>(() => NpyFile.ReadMatrix(_path));
        Assert.Empty(NpyFile.Read(_path, out int rows, out int columns));
        Assert.Equal((int.MaxValue, 0), (rows, columns));
    }

    [Fact]
    public void Read_OfAFileThatIsNotThere_ThrowsAsFilesDo() => Assert.Throws<FileNotFoundException>(() => NpyFile.Read(_path, out _, out _));

    [Fact]
    public void Read_CutAnywhere_SaysSo()
    {
        NpyFile.Write(_path, [1, 2, 3, 4], 2, 2);
        byte[] whole = File.ReadAllBytes(_path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(_path, whole[..length]);
            Assert.Throws<InvalidDataException>(() => NpyFile.Read(_path, out _, out _));
        }
    }

    [Fact]
    public void Read_WithBytesChanged_WorksOrSaysWhy()
    {
        NpyFile.Write(_path, [1, 2, 3, 4], 2, 2);
        byte[] whole = File.ReadAllBytes(_path);
        var random = new Random(1);
        int refused = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] damaged = [.. whole];
            for (int change = random.Next(1, 4); change > 0; change--)
                damaged[random.Next(128)] = (byte)random.Next(256);
            File.WriteAllBytes(_path, damaged);
            try
            {
                Assert.Equal(4, NpyFile.Read(_path, out _, out _).Length);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1, 3000);
    }

    [Theory]
    [InlineData(2, 0xFFFF_FFFFu)]
    [InlineData(3, 0x7FFF_FFFFu)]
    [InlineData(2, 70_000u)]
    public void Read_WithAHugeHeader_RefusesToAllocateIt(byte version, uint length)
    {
        byte[] bytes = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', version, 0, 0, 0, 0, 0, (byte)'{'];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), length);
        File.WriteAllBytes(_path, bytes);

        var e = Assert.Throws<InvalidDataException>(() => NpyFile.Read(_path, out _, out _));
        Assert.Contains("header claims", e.Message, StringComparison.Ordinal);
    }

    private void WriteRaw(string dictionary, byte[] elements, byte version = 1)
    {
        byte[] text = Encoding.Latin1.GetBytes(dictionary);
        byte[] length = version == 1 ? [(byte)text.Length, (byte)(text.Length >> 8)] : [(byte)text.Length, (byte)(text.Length >> 8), 0, 0];
        File.WriteAllBytes(_path, [0x93, .. "NUMPY"u8, version, 0, .. length, .. text, .. elements]);
    }
}
