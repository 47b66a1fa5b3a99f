using Inference.Cli;
using Inference.Cli.Frame;

namespace UnitTests.Cli;

/// <summary>One run of the command-line tool within this process.</summary>
internal sealed record CliRun(int Code, string Output, string Error)
{
    public static async Task<CliRun> Of(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await InferenceCommand.RunAsync(arguments, new CommandHost(output, error, isTerminal: false, TimeProvider.System));
        return new CliRun(code, output.ToString(), error.ToString());
    }
}
