using System.Runtime.InteropServices;
using Inference.Training.Features;

namespace Inference.Training.TwoTower;

/// <summary>
/// Weights of towers, and what their rows stand for: what a later training goes on from. The file is little-endian: a mark, sizes, ids of the training items, context fields with their values, names of the dense content columns, weights.
/// </summary>
public sealed class TwoTowerState
{
    private const ulong Mark = 0x3230_5357_4F54_3254; // "T2TOWS02"
    private const int Most = 1 << 28;

    internal TwoTowerState(TowerWeights weights, IReadOnlyList<string> trainingItemIds, IReadOnlyList<ContextField> fields, IReadOnlyList<string> denseNames)
    {
        Weights = weights;
        TrainingItemIds = trainingItemIds;
        Fields = fields;
        DenseNames = denseNames;
    }

    /// <summary>Ids of the items with vectors of their own, by index.</summary>
    public IReadOnlyList<string> TrainingItemIds { get; }

    /// <summary>Context fields.</summary>
    public IReadOnlyList<ContextField> Fields { get; }

    /// <summary>What the last columns of the content stand for; those before them are tokens. Empty where nobody knows.</summary>
    public IReadOnlyList<string> DenseNames { get; }

    /// <summary>Length of embeddings.</summary>
    public int Dimension => Weights.Sizes.Dimension;

    /// <summary>Hidden units of each tower.</summary>
    public int Hidden => Weights.Sizes.Hidden;

    /// <summary>Most history items that the user tower reads.</summary>
    public int MaxHistory => Weights.Sizes.MaxHistory;

    internal TowerWeights Weights { get; }

    /// <summary>Writes a file.</summary>
    public void Save(string path)
    {
        using FileStream stream = File.Create(path);
        Save(stream);
    }

    /// <summary>Writes; the stream stays open.</summary>
    public void Save(Stream stream)
    {
        using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        TowerSizes sizes = Weights.Sizes;
        writer.Write(Mark);
        foreach (int size in (ReadOnlySpan<int>)[sizes.TrainingItems, sizes.ContentColumns, sizes.Dimension, sizes.Hidden, sizes.MaxHistory, Fields.Count])
            writer.Write(size);
        foreach (string id in TrainingItemIds)
            writer.Write(id);
        foreach (ContextField field in Fields)
        {
            writer.Write(field.Name);
            writer.Write(field.Values.Count);
            foreach (string value in field.Values)
                writer.Write(value);
        }

        writer.Write(DenseNames.Count);
        foreach (string name in DenseNames)
            writer.Write(name);
        writer.Write(MemoryMarshal.AsBytes(Weights.Values.AsSpan()));
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is none of these files, or cut short.</exception>
    public static TwoTowerState Load(string path)
    {
        using FileStream stream = File.OpenRead(path);
        using var reader = new BinaryReader(stream);
        try
        {
            if (reader.ReadUInt64() != Mark)
                throw new InvalidDataException($"{path} holds no towers.");
            int items = Size(reader, path), columns = Size(reader, path), dimension = Size(reader, path), hidden = Size(reader, path), history = Size(reader, path), fieldCount = Size(reader, path);
            if (items > stream.Length || fieldCount > stream.Length || !TwoTowerOptions.IsWidth(dimension) || !TwoTowerOptions.IsWidth(hidden) || !TwoTowerOptions.IsHistory(history))
                throw new InvalidDataException($"{path} is damaged.");
            string[] ids = new string[items];
            for (int i = 0; i < items; i++)
                ids[i] = reader.ReadString();
            var fields = new ContextField[fieldCount];
            for (int i = 0; i < fieldCount; i++)
            {
                string name = reader.ReadString();
                string[] values = new string[Math.Min(Size(reader, path), (int)Math.Min(int.MaxValue, stream.Length))];
                for (int j = 0; j < values.Length; j++)
                    values[j] = reader.ReadString();
                fields[i] = new ContextField(name, values);
            }

            string[] dense = new string[Math.Min(Size(reader, path), columns)];
            for (int i = 0; i < dense.Length; i++)
                dense[i] = reader.ReadString();
            var sizes = new TowerSizes(items, columns, [.. fields.Select(field => field.Codes)], dimension, hidden, history);
            long expected = TowerWeights.LengthOf(sizes) * sizeof(float);
            if (stream.Length - stream.Position != expected)
                throw new InvalidDataException($"{path} has {stream.Length - stream.Position} bytes of weights where {expected} are expected.");
            var weights = new TowerWeights(sizes);
            stream.ReadExactly(MemoryMarshal.AsBytes(weights.Values.AsSpan()));
            return new TwoTowerState(weights, ids, fields, dense);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"{path} is cut short.", e);
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException or OverflowException)
        {
            // Lengths of texts that cannot be, texts that are none, sizes of no towers.
            throw new InvalidDataException($"{path} is damaged, or cannot be read: {e.Message}", e);
        }
    }

    private static int Size(BinaryReader reader, string path) =>
        reader.ReadInt32() is var size and >= 0 and < Most ? size : throw new InvalidDataException($"{path} is damaged.");
}
