using System.Runtime.InteropServices;
using Inference.Vectors.Memory;
using Microsoft.Win32.SafeHandles;

namespace Inference.Vectors.Files;

/// <summary>Writes an index file: sections as they come, the header at the end. Other processes see the old file or the whole new one.</summary>
/// <remarks>
/// Create, Set and Add in any order, Complete, dispose. The bytes go to a new file in the same folder, which is flushed to the disk and then renamed over the old one;
/// whoever has the old one mapped keeps it. Without <see cref="Complete"/> nothing changes. Not thread-safe.
/// </remarks>
internal sealed class IndexFileWriter : IDisposable
{
    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly (IndexKind Kind, Metric Metric, int Dimension, int Count) _index;
    private readonly SafeFileHandle _file;
    private readonly List<IndexFileParameter> _parameters = [];
    private readonly List<IndexFileSection> _sections = [];
    private readonly List<uint> _chunks = [];
    private readonly byte[] _buffer = new byte[Checksum.ChunkBytes];
    private int _buffered;
    private long _written = IndexFileHeader.Bytes;
    private (string Name, long Offset, long Length)? _open;
    private bool _completed;

    /// <summary>Begins a file for an index.</summary>
    /// <param name="path">Where the file is to be; the folder exists.</param>
    /// <param name="kind">How the index searches.</param>
    /// <param name="metric">How it compares.</param>
    /// <param name="dimension">Elements of a row.</param>
    /// <param name="count">Row numbers.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public IndexFileWriter(string path, IndexKind kind, Metric metric, int dimension, int count)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Index files are read and written on little-endian machines.");
        _path = Path.GetFullPath(path);
        if (Directory.Exists(_path))
            throw new IOException($"{path}: It is a folder.");
        _temporaryPath = $"{_path}.{Guid.NewGuid():N}.tmp";
        _index = (kind, metric, dimension, count);
        _file = File.OpenHandle(_temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None);
    }

    /// <summary>Stores a whole number.</summary>
    public void Set(string name, long value) => Set(new IndexFileParameter(name, IsReal: false, value));

    /// <summary>Stores a real number.</summary>
    public void Set(string name, double value) => Set(new IndexFileParameter(name, IsReal: true, BitConverter.DoubleToInt64Bits(value)));

    /// <summary>Writes a section.</summary>
    /// <param name="name">1 to 24 printable ASCII characters, used once in a file.</param>
    /// <param name="elements">Its content.</param>
    public void Add<T>(string name, ReadOnlySpan<T> elements)
        where T : unmanaged
    {
        Begin(name);
        Append(elements);
    }

    /// <summary>Writes a section from memory that the caller holds.</summary>
    public void Add(string name, MemoryBlock memory)
    {
        Begin(name);
        for (nuint at = 0; at < memory.Length; at += Checksum.ChunkBytes)
            Append(memory.Bytes(at, (int)nuint.Min(Checksum.ChunkBytes, memory.Length - at)));
    }

    /// <summary>Begins a section whose content comes by <see cref="Append"/>, up to the next section or the end.</summary>
    /// <param name="name">1 to 24 printable ASCII characters, used once in a file.</param>
    public void Begin(string name)
    {
        ThrowIfUnfit(name, _sections.Exists(section => section.Name == name) || _open?.Name == name);
        EndSection();
        _open = (name, _written, 0);
    }

    /// <summary>Continues the section.</summary>
    public void Append<T>(ReadOnlySpan<T> elements)
        where T : unmanaged
    {
        if (_open is not { } open)
            throw new InvalidOperationException("No section has been begun.");
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(elements);
        _open = open with { Length = open.Length + bytes.Length };
        while (!bytes.IsEmpty)
        {
            if (_buffered == 0 && bytes.Length >= Checksum.ChunkBytes)
            {
                WriteChunk(bytes[..Checksum.ChunkBytes]);
                bytes = bytes[Checksum.ChunkBytes..];
                continue;
            }
            int taken = Math.Min(bytes.Length, Checksum.ChunkBytes - _buffered);
            bytes[..taken].CopyTo(_buffer.AsSpan(_buffered));
            bytes = bytes[taken..];
            _buffered += taken;
            if (_buffered == Checksum.ChunkBytes)
                FlushBuffer();
        }
    }

    /// <summary>Writes the header, waits until the disk has everything and puts the file into its place.</summary>
    /// <exception cref="IOException">The file cannot be written or put there.</exception>
    public void Complete()
    {
        if (_completed)
            throw new InvalidOperationException("The file is complete.");
        EndSection();
        var header = new IndexFileHeader
        {
            Kind = _index.Kind,
            Metric = _index.Metric,
            Dimension = _index.Dimension,
            Count = _index.Count,
            Parameters = _parameters,
            Sections = _sections,
        };
        RandomAccess.Write(_file, header.Write(), 0);
        RandomAccess.FlushToDisk(_file);
        _file.Dispose();
        File.Move(_temporaryPath, _path, overwrite: true);
        _completed = true;
    }

    /// <summary>Removes what was written, unless it was completed.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (!_completed)
            File.Delete(_temporaryPath);
    }

    private void Set(IndexFileParameter parameter)
    {
        ThrowIfUnfit(parameter.Name, _parameters.Exists(p => p.Name == parameter.Name));
        _parameters.Add(parameter);
    }

    private void ThrowIfUnfit(string name, bool isThere)
    {
        if (!IndexFileHeader.IsName(name))
            throw new ArgumentException($"'{name}' is no name: 1 to 24 printable ASCII characters.", nameof(name));
        if (isThere)
            throw new ArgumentException($"'{name}' is there already.", nameof(name));
        if (!IndexFileHeader.HasRoomFor(_parameters.Count + 1, _sections.Count + 2))
            throw new InvalidOperationException($"The header has no room for '{name}' beside {_parameters.Count} parameters and {_sections.Count} sections.");
    }

    private void EndSection()
    {
        if (_open is not { } open)
            return;
        int padded = (int)IndexFileHeader.RoundUp(_buffered);
        _buffer.AsSpan(_buffered, padded - _buffered).Clear();
        _buffered = padded;
        FlushBuffer();
        _sections.Add(new IndexFileSection(open.Name, open.Offset, open.Length, Checksum.Combine(CollectionsMarshal.AsSpan(_chunks))));
        _chunks.Clear();
        _open = null;
    }

    private void FlushBuffer()
    {
        if (_buffered > 0)
            WriteChunk(_buffer.AsSpan(0, _buffered));
        _buffered = 0;
    }

    private void WriteChunk(ReadOnlySpan<byte> chunk)
    {
        _chunks.Add(Checksum.OfChunk(chunk));
        RandomAccess.Write(_file, chunk, _written);
        _written += chunk.Length;
    }
}
