using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Inference.Vectors.Memory;

/// <summary>A whole file as read-only memory.</summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    private const int MadvPopulateRead = 22;

    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;

    /// <summary>Maps a file.</summary>
    /// <param name="handle">Stays the caller's: the mapping outlives it.</param>
    /// <param name="length">Bytes of the file, more than none.</param>
    private MappedFile(SafeFileHandle handle, long length)
    {
        _mapping = MemoryMappedFile.CreateFromFile(handle, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
    }

    /// <summary>The file as a block that its last holder unmaps.</summary>
    /// <inheritdoc cref="MappedFile(SafeFileHandle, long)" path="/param"/>
    /// <exception cref="IOException">The system refuses.</exception>
    public static MemoryBlock Map(SafeFileHandle handle, long length)
    {
        var file = new MappedFile(handle, length);
        byte* start = null;
        file._view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        return new MemoryBlock(start + file._view.PointerOffset, (nuint)length, file);
    }

    /// <summary>Enters pages into the translation tables at once and not one fault at a time. Needs Linux 5.14; elsewhere nothing happens.</summary>
    /// <param name="start">Start of a page.</param>
    /// <param name="bytes">Length.</param>
    public static void Populate(ref byte start, nuint bytes)
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            fixed (byte* pointer = &start)
                _ = MemoryAdvise(pointer, bytes, MadvPopulateRead);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A C library under another name: the faults come one by one.
        }
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* start, nuint bytes, int advice);
}
