namespace Inference.Cli.Frame;

/// <summary>Says before minutes of work that what a verb will write cannot be written.</summary>
internal static class OutputPath
{
    /// <summary>A file that will be written, or written over.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="path">The file; null and - for none.</param>
    /// <exception cref="CommandFailedException">It is a folder, or its folder is not there or cannot be written to.</exception>
    public static void CheckFile(string option, string? path)
    {
        if (path is null || JsonFile.IsInsteadOfTable(path))
            return;
        if (Directory.Exists(path))
            throw new CommandFailedException($"{option}: '{path}' is a folder.");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? path;
        if (!Directory.Exists(folder))
            throw new CommandFailedException($"{option}: there is no folder '{folder}'.");
        CheckWritable(option, folder);
    }

    /// <summary>A folder of a bundle that will be written, with the folders above it that are not there yet.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="folder">The bundle's folder.</param>
    /// <exception cref="CommandFailedException">It cannot be made.</exception>
    public static void CheckFolder(string option, string folder)
    {
        string? above = Path.GetDirectoryName(Path.GetFullPath(folder));
        while (above is not null && !Path.Exists(above))
            above = Path.GetDirectoryName(above);
        foreach (string? file in new[] { folder, above })
        {
            if (File.Exists(file))
                throw new CommandFailedException($"{option}: '{file}' is a file.");
        }

        if (above is not null)
            CheckWritable(option, above);
    }

    private static void CheckWritable(string option, string folder)
    {
        try
        {
            File.Create(Path.Combine(folder, "." + Path.GetRandomFileName()), 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new CommandFailedException($"{option}: nothing can be written to '{folder}': {e.Message}", e);
        }
    }
}
