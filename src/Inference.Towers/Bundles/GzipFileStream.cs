using System.Buffers.Binary;
using System.IO.Compression;

namespace Inference.Towers.Bundles;

/// <summary>
/// Unpacks a gzip file and notices at its end whether it was whole: the framework's stream ends without a word where a file is cut, and half a file
/// would pass for all of it. The file's last four bytes are the length of its content modulo 2³² (RFC 1952).
/// </summary>
internal sealed class GzipFileStream : ForwardStream
{
    private readonly Stream _file;
    private readonly GZipStream _content;
    private readonly uint _expected;
    private uint _length;

    /// <param name="file">A file that can be sought; disposed with this stream.</param>
    public GzipFileStream(Stream file)
    {
        _file = file;
        Span<byte> trailer = stackalloc byte[4];
        if (file.Length >= 18)
        {
            file.Seek(-4, SeekOrigin.End);
            file.ReadExactly(trailer);
            file.Seek(0, SeekOrigin.Begin);
        }

        _expected = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        _content = new GZipStream(file, CompressionMode.Decompress);
    }

    /// <exception cref="InvalidDataException">The file is damaged, or ends before its content does.</exception>
    public override int Read(Span<byte> buffer)
    {
        int read = _content.Read(buffer);
        _length = unchecked(_length + (uint)read);
        if (read == 0 && buffer.Length > 0 && _length != _expected)
            throw new InvalidDataException("the gzip file is cut short (or is made of several parts: unpack it then).");
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
            _file.Dispose();
        }

        base.Dispose(disposing);
    }
}
