using Inference.Server.Options;

namespace Inference.Server.Security;

/// <summary>The clients that are known now. A changed file replaces them whole. The file is polled, because shared and mounted file systems tell nobody of changes.</summary>
internal sealed class ServedClients : BackgroundService
{
    private readonly SecurityOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile ClientSet _current = ClientSet.Empty;
    private string? _text;

    /// <param name="options">Whose file has been read once without problems.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where changes are told.</param>
    /// <exception cref="ArgumentException">The file is refused after all.</exception>
    public ServedClients(SecurityOptions options, TimeProvider time, ILogger<ServedClients> log)
    {
        (_options, _time, _log) = (options, time, log);
        if (options.ClientsFile.Length == 0)
            return;
        _text = ClientsFile.TextOf(options.ClientsFile, out string problem) ?? throw new ArgumentException($"The clients file '{options.ClientsFile}' is refused: {problem}");
        _current = ClientsFile.TryRead(_text, out IReadOnlyList<string> problems) ?? throw new ArgumentException($"The clients file '{options.ClientsFile}' is refused: {string.Join(' ', problems)}");
    }

    /// <summary>The clients; to be read once per call.</summary>
    public ClientSet Current => _current;

    /// <summary>Takes in the file if its text has changed. Not safe for concurrent use.</summary>
    /// <returns>Whether other clients are known now.</returns>
    public bool Look()
    {
        string? text = ClientsFile.TextOf(_options.ClientsFile, out string problem);
        if (text == _text && text is not null)
            return false;
        if (text is null)
        {
            // Said once: a file that is being replaced is not there for a moment.
            if (_text is not null)
                Log.ClientsRefused(_log, _options.ClientsFile, problem);
            _text = null;
            return false;
        }

        _text = text;
        if (ClientsFile.TryRead(text, out IReadOnlyList<string> problems) is not { } read)
        {
            Log.ClientsRefused(_log, _options.ClientsFile, string.Join(' ', problems));
            return false;
        }

        _current = read;
        Log.ClientsTaken(_log, _options.ClientsFile, read.Names.Count);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_options.ClientsFile.Length == 0 || _options.ReloadInterval == TimeSpan.Zero)
            return;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(_options.ReloadInterval, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stoppingToken.IsCancellationRequested)
                Look();
        }
    }
}
