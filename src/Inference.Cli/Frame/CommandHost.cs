using Spectre.Console;

namespace Inference.Cli.Frame;

/// <summary>What a verb may touch of the world around the process, so that tests can give it another.</summary>
internal sealed class CommandHost
{
    private readonly Lazy<TextReader> _input;

    /// <param name="output">Where results go.</param>
    /// <param name="error">Where complaints and progress go, so that results can be piped.</param>
    /// <param name="isTerminal">Whether people watch; progress bars and colours appear only then.</param>
    /// <param name="time">Where time comes from.</param>
    /// <param name="input">What the verbs that are told so read; null for the process's own.</param>
    public CommandHost(TextWriter output, TextWriter error, bool isTerminal, TimeProvider time, TextReader? input = null)
    {
        Output = output;
        Error = error;
        IsTerminal = isTerminal;
        Time = time;
        _input = new Lazy<TextReader>(() => input ?? new StreamReader(global::System.Console.OpenStandardInput(), bufferSize: 1 << 16));
        Console = Create(output, isTerminal);
        ProgressConsole = Create(error, isTerminal);
    }

    public TextReader Input => _input.Value;

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public bool IsTerminal { get; }

    public TimeProvider Time { get; }

    /// <summary>Tables for people, on <see cref="Output"/>.</summary>
    public IAnsiConsole Console { get; }

    private IAnsiConsole ProgressConsole { get; }

    public static CommandHost System() => new(
        global::System.Console.Out,
        global::System.Console.Error,
        isTerminal: !global::System.Console.IsOutputRedirected && !global::System.Console.IsErrorRedirected,
        TimeProvider.System);

    /// <summary>Runs a piece of work that reports how far it is; shows bars on a terminal and nothing elsewhere.</summary>
    /// <param name="work">Is given a function that begins a step, ending the one before; the step's progress goes from 0 to 1.</param>
    public async Task<T> WithProgressAsync<T>(Func<Func<string, IProgress<double>>, Task<T>> work)
    {
        if (!IsTerminal)
            return await work(_ => new Progress(_ => { }));
        return await ProgressConsole.Progress().AutoClear(true).StartAsync(context =>
        {
            ProgressTask? last = null;
            return work(step =>
            {
                last?.Increment(1);
                ProgressTask task = last = context.AddTask(Markup.Escape(step), maxValue: 1);
                return new Progress(done => task.Value = done);
            });
        });
    }

    private static IAnsiConsole Create(TextWriter writer, bool isTerminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        // Pipes have no width; tables must not be broken by a guess of 80 columns.
        if (!isTerminal)
            console.Profile.Width = 400;
        return console;
    }

    /// <summary>Reports on the caller's thread; <see cref="Progress{T}"/> of the framework reports later, out of order.</summary>
    private sealed class Progress(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
