using System.CommandLine;

namespace Inference.Cli.Frame;

/// <summary>A verb of the tool: its command line, and examples for its help.</summary>
/// <param name="Command">The command with its options and action.</param>
/// <param name="Examples">Lines to copy.</param>
internal sealed record Verb(Command Command, params string[] Examples);
