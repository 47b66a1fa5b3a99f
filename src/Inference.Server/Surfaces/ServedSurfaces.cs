using Inference.Recommendations.Surfaces;
using Inference.Server.Options;

namespace Inference.Server.Surfaces;

/// <summary>The surfaces that requests may name now. A changed file replaces them whole, so that a request that reads them once sees one file.</summary>
internal sealed class ServedSurfaces
{
    private readonly string _path;
    private readonly ILogger _log;
    private volatile SurfaceSet _current;
    private string? _text;

    /// <param name="options">Whose file has been read once without problems.</param>
    /// <exception cref="ArgumentException">The file is refused after all.</exception>
    public ServedSurfaces(SurfaceOptions options, ILogger<ServedSurfaces> log)
    {
        (_path, _log) = (options.File, log);
        if (_path.Length == 0)
        {
            _current = SurfacesFile.BuiltIn;
            return;
        }

        _text = SurfacesFile.TextOf(_path, out string problem) ?? throw new ArgumentException($"The file of surfaces '{_path}' {problem}");
        _current = SurfacesFile.TryRead(_text, out IReadOnlyList<SurfaceProblem> problems) ?? throw new ArgumentException($"The file of surfaces '{_path}' is refused: {string.Join(' ', problems)}");
    }

    /// <summary>The surfaces; to be read once per request.</summary>
    public SurfaceSet Current => _current;

    /// <summary>Whether there is a file that may change.</summary>
    public bool HasFile => _path.Length > 0;

    /// <summary>Takes in the file if its text has changed. Not safe for concurrent use.</summary>
    /// <returns>Whether other surfaces are served now.</returns>
    public bool Look()
    {
        string? text = SurfacesFile.TextOf(_path, out string problem);
        if (text == _text && text is not null)
            return false;
        if (text is null)
        {
            // Said once: a file that is being replaced is not there for a moment.
            if (_text is not null)
                Log.SurfacesRefused(_log, _path, problem);
            _text = null;
            return false;
        }

        _text = text;
        if (SurfacesFile.TryRead(text, out IReadOnlyList<SurfaceProblem> problems) is not { } read)
        {
            Log.SurfacesRefused(_log, _path, string.Join(' ', problems));
            return false;
        }

        _current = read;
        Log.SurfacesTaken(_log, _path, read.ToString());
        return true;
    }
}
