using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Storage.VectorSets;

/// <summary>The items of a snapshot as vector sets hold them: id, vector in <see cref="CosineForm"/>, attributes as JSON. Reads the snapshot twice: once to know the longest vector and the hash of all, once to send.</summary>
internal sealed class VectorCorpus
{
    private readonly Snapshot _snapshot;
    private readonly IReadOnlyList<string> _attributes;
    private readonly float[] _vector;
    private readonly float[] _form;
    private double _longest;

    public VectorCorpus(Snapshot snapshot, VectorPushSettings settings)
    {
        (_snapshot, _attributes) = (snapshot, settings.Attributes);
        _vector = new float[snapshot.Model.Dimension];
        _form = new float[CosineForm.Length(snapshot.Model.Metric, snapshot.Model.Dimension)];
        Generation = HashOf(settings);
    }

    /// <summary>Hash of everything that is kept and how, in hexadecimal.</summary>
    public string Generation { get; }

    /// <summary>Items with a vector.</summary>
    public long Count { get; private set; }

    /// <summary>The items. Each is to be used before the next one is asked for.</summary>
    public IEnumerable<CorpusItem> Read()
    {
        for (int row = 0; row < _snapshot.Items.Rows.RowCount; row++)
        {
            if (!TryRead(row))
                continue;
            CosineForm.OfItem(_snapshot.Model.Metric, _vector, _longest, _form);
            yield return new CorpusItem(Encoding.UTF8.GetBytes(_snapshot.Items.IdOf(row)), MemoryMarshal.AsBytes(_form.AsSpan()).ToArray(), AttributesOf(row));
        }
    }

    private string HashOf(VectorPushSettings settings)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Encoding.UTF8.GetBytes(FormattableString.Invariant($"1 {settings.Shards} {settings.Quantization} {settings.BuildWidth} {_snapshot.Model.Metric} {string.Join(' ', settings.Attributes)}")));
        for (int row = 0; row < _snapshot.Items.Rows.RowCount; row++)
        {
            if (!TryRead(row))
                continue;
            Count++;
            _longest = Math.Max(_longest, CosineForm.SquaredLength(_snapshot.Model.Metric, _vector));
            Append(hash, Encoding.UTF8.GetBytes(_snapshot.Items.IdOf(row)));
            Append(hash, MemoryMarshal.AsBytes(_vector.AsSpan()));
            Append(hash, AttributesOf(row) ?? []);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    /// <summary>With the length before it, so that no two sequences are the same bytes.</summary>
    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    /// <summary>Whether a row has a vector that has a direction: one without is as near to everything.</summary>
    private bool TryRead(int row) =>
        _snapshot.Items.Rows.Contains(row) && _snapshot.Index.TryCopyVector(row, _vector)
        && (_snapshot.Model.Metric != Metric.Cosine || _vector.AsSpan().ContainsAnyExcept(0f));

    private byte[]? AttributesOf(int row)
    {
        if (_attributes.Count == 0)
            return null;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (string name in _attributes)
            {
                if (!_snapshot.Items.TryGetAttribute(row, name, out FeatureValue value))
                    continue;
                switch (value.Kind)
                {
                    case FeatureKind.Text:
                        json.WriteString(name, value.Text);
                        break;
                    case FeatureKind.Integer:
                        json.WriteNumber(name, value.Integer);
                        break;
                    case FeatureKind.Number:
                        json.WriteNumber(name, value.Number);
                        break;
                    case FeatureKind.None:
                        break;
                    default:
                        throw new ArgumentException($"The attribute '{name}' of the item '{_snapshot.Items.IdOf(row)}' is a list; vector sets filter by texts and numbers.");
                }
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}

/// <param name="Id">UTF-8.</param>
/// <param name="Form">Little-endian 32-bit floating point.</param>
/// <param name="Attributes">JSON; null for none.</param>
internal readonly record struct CorpusItem(byte[] Id, byte[] Form, byte[]? Attributes);
