using Fuzz.Engine;
using Inference.Vectors;

namespace Fuzz.Targets;

/// <summary>.npy files, by all three readers; fp32 that was read is written and read back the same.</summary>
internal sealed class NpyTarget : FileTarget
{
    public override string Name => "npy";

    public override int TestCases => 600;

    public override IReadOnlyList<string> Tokens => ["'<f4'", "'<f2'", "'<i8'", "'|i1'", "'>f4'", "'<f8'", "(1, 2)", "(0, 0)", "(2147483647, 2147483647)", "(5,)", "True", "False", "'shape':", "{", "}", "(", "u'descr'", "\"descr\"", "99999999999999999999"];

    public override IEnumerable<byte[]> Seeds()
    {
        string path = PathOf("seed.npy");
        foreach ((int rows, int columns) in new[] { (3, 4), (1, 1), (0, 5), (24, 8) })
        {
            NpyFile.Write(path, [.. Enumerable.Range(0, rows * columns).Select(i => i * 0.5f)], rows, columns);
            yield return File.ReadAllBytes(path);
        }

        byte[] dictionary = [.. "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 1), }\n"u8];
        yield return [0x93, .. "NUMPY"u8, 1, 0, (byte)dictionary.Length, 0, .. dictionary, .. new byte[16]];
    }

    public override bool Read(byte[] input)
    {
        string path = Put("input.npy", input);
        bool isTaken = false;
        try
        {
            float[] elements = NpyFile.Read(path, out int rows, out int columns);
            FuzzException.Unless(elements.Length == (long)rows * columns, "there are more or fewer elements than the shape says");
            string again = PathOf("again.npy");
            NpyFile.Write(again, elements, rows, columns);
            FuzzException.Unless(NpyFile.Read(again, out int rowsAgain, out int columnsAgain).AsSpan().SequenceEqual(elements) || elements.Any(float.IsNaN), "a matrix that was written is another one");
            FuzzException.Unless((rows, columns) == (rowsAgain, columnsAgain), "a matrix that was written has another shape");
            isTaken = true;
        }
        catch (InvalidDataException e)
        {
            FuzzException.Unless(e.Message.Contains(path, StringComparison.Ordinal), "a refusal does not name the file");
        }

        isTaken |= TakesMatrix(path) | TakesIntegers(path);
        return isTaken;
    }

    private static bool TakesMatrix(string path)
    {
        try
        {
            using VectorMatrix matrix = NpyFile.ReadMatrix(path);
            for (int row = 0; row < matrix.Count; row++)
                FuzzException.Unless(matrix.Row(row).IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) < 0, "a matrix holds what is no number");
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static bool TakesIntegers(string path)
    {
        try
        {
            int[] numbers = NpyFile.ReadIntegers(path, out int rows, out int columns);
            FuzzException.Unless(numbers.Length == (long)rows * columns, "there are more or fewer numbers than the shape says");
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
