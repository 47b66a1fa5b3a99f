using System.Collections;
using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>
/// Headers or trailers of a call: an ordered list in which a key may repeat. Keys compare without case; where one value is asked for, the last
/// one wins. Not safe for use by several threads while one writes.
/// </summary>
public sealed class Metadata : IList<Metadata.Entry>
{
    /// <summary>The end of every key whose value is bytes; such values travel as base64.</summary>
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>No entries, and none can be added.</summary>
    public static readonly Metadata Empty = new(isReadOnly: true);

    private readonly List<Entry> _entries = [];

    /// <summary>Makes an empty list that can be added to.</summary>
    public Metadata()
    {
    }

    private Metadata(bool isReadOnly) => IsReadOnly = isReadOnly;

    /// <inheritdoc/>
    public int Count => _entries.Count;

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <inheritdoc/>
    public Entry this[int index]
    {
        get => _entries[index];
        set => Writable()[index] = GrpcPreconditions.CheckNotNull(value, nameof(value));
    }

    /// <summary>The last entry with this key, or null.</summary>
    public Entry? Get(string key)
    {
        for (var i = _entries.Count - 1; i >= 0; i--)
        {
            if (_entries[i].HasKey(key))
            {
                return _entries[i];
            }
        }

        return null;
    }

    /// <summary>The text of the last entry with this key, or null.</summary>
    /// <exception cref="InvalidOperationException">That entry is binary.</exception>
    public string? GetValue(string key) => Get(key)?.Value;

    /// <summary>The bytes of the last entry with this key, or null.</summary>
    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    /// <summary>All entries with this key, in order.</summary>
    public IEnumerable<Entry> GetAll(string key)
    {
        for (var i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].HasKey(key))
            {
                yield return _entries[i];
            }
        }
    }

    /// <summary>Adds a text entry; the rules are those of <see cref="Entry(string, string)"/>.</summary>
    public void Add(string key, string value) => Add(new Entry(key, value));

    /// <summary>Adds a binary entry; the rules are those of <see cref="Entry(string, byte[])"/>.</summary>
    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    /// <inheritdoc/>
    public void Add(Entry item) => Writable().Add(GrpcPreconditions.CheckNotNull(item, nameof(item)));

    /// <inheritdoc/>
    public void Insert(int index, Entry item) => Writable().Insert(index, GrpcPreconditions.CheckNotNull(item, nameof(item)));

    /// <inheritdoc/>
    public bool Remove(Entry item) => Writable().Remove(item);

    /// <inheritdoc/>
    public void RemoveAt(int index) => Writable().RemoveAt(index);

    /// <inheritdoc/>
    public void Clear() => Writable().Clear();

    /// <inheritdoc/>
    public bool Contains(Entry item) => _entries.Contains(item);

    /// <inheritdoc/>
    public int IndexOf(Entry item) => _entries.IndexOf(item);

    /// <inheritdoc/>
    public void CopyTo(Entry[] array, int arrayIndex) => _entries.CopyTo(array, arrayIndex);

    /// <inheritdoc/>
    public IEnumerator<Entry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _entries.GetEnumerator();

    private List<Entry> Writable()
    {
        GrpcPreconditions.CheckState(!IsReadOnly, "Object is read only");
        return _entries;
    }

    /// <summary>One immutable key with its value, which is text, or bytes where the key ends with <c>-bin</c>.</summary>
    public class Entry
    {
        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>Makes a binary entry; the bytes are copied.</summary>
        /// <exception cref="ArgumentException">The key does not end with <c>-bin</c> or has characters other than ASCII letters, digits, <c>_</c>, <c>-</c>, <c>.</c></exception>
        public Entry(string key, byte[] valueBytes)
            : this(MetadataKey.Normalize(key), null, (byte[])GrpcPreconditions.CheckNotNull(valueBytes, nameof(valueBytes)).Clone())
        {
            GrpcPreconditions.CheckArgument(
                MetadataKey.IsBinary(Key), $"Key for binary valued metadata entry needs to have '{BinaryHeaderSuffix}' suffix indicating binary value.");
        }

        /// <summary>Makes a text entry. HTTP/2 carries visible ASCII and spaces; that is checked where the entry is sent.</summary>
        /// <exception cref="ArgumentException">The key ends with <c>-bin</c> or has characters other than ASCII letters, digits, <c>_</c>, <c>-</c>, <c>.</c></exception>
        public Entry(string key, string value)
            : this(MetadataKey.Normalize(key), GrpcPreconditions.CheckNotNull(value, nameof(value)), null)
        {
            GrpcPreconditions.CheckArgument(
                !MetadataKey.IsBinary(Key), "Key for ASCII valued metadata entry cannot have suffix indicating binary value.");
        }

        private Entry(string key, string? text, byte[]? bytes)
        {
            Key = key;
            _text = text;
            _bytes = bytes;
        }

        /// <summary>The key, in lower case.</summary>
        public string Key { get; }

        /// <summary>A copy of the bytes; for a text entry, its ASCII form.</summary>
        public byte[] ValueBytes => _bytes is null ? System.Text.Encoding.ASCII.GetBytes(_text!) : (byte[])_bytes.Clone();

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The entry is binary.</exception>
        public string Value
        {
            get
            {
                GrpcPreconditions.CheckState(!IsBinary, "Cannot access string value of a binary metadata entry");
                return _text!;
            }
        }

        /// <summary>Whether the value is bytes.</summary>
        public bool IsBinary => _text is null;

        /// <summary>The bytes of a binary entry without a copy; whoever reads them must not write.</summary>
        internal ReadOnlySpan<byte> BytesUnsafe => _bytes;

        /// <inheritdoc/>
        public override string ToString()
            => IsBinary ? $"[Entry: key={Key}, valueBytes={_bytes}]" : $"[Entry: key={Key}, value={_text}]";

        /// <summary>Makes a binary entry that takes over <paramref name="bytes"/>; the key must be valid, in lower case and end with <c>-bin</c>.</summary>
        internal static Entry AdoptBytes(string key, byte[] bytes) => new(key, null, bytes);

        internal bool HasKey(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);
    }
}
