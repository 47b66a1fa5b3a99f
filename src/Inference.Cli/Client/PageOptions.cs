using System.CommandLine;
using Inference.Cli.Frame;

namespace Inference.Cli.Client;

/// <summary>Options of verbs that ask for lists page by page.</summary>
internal sealed class PageOptions
{
    /// <summary>How many pages; 0 where none are spoken of, which is one.</summary>
    public Option<int> Pages { get; } = new("--pages") { Description = "How many pages to ask for, each of --limit items; shows the token of the next one", HelpName = "N", DefaultValueFactory = _ => 0 };

    /// <summary>Where to go on.</summary>
    public Option<string> Token { get; } = new("--page-token") { Description = "Goes on where a response ended: its next_page_token", HelpName = "TOKEN", DefaultValueFactory = _ => "" };

    /// <summary>Most bytes of what explains.</summary>
    public Option<int> ExplanationBytes { get; } = new("--explanation-bytes") { Description = "Most bytes that explanations may take; 0 is the server's default", HelpName = "N", DefaultValueFactory = _ => 0 };

    public void AddTo(Command command)
    {
        Pages.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0)
                result.AddError("--pages: must be 1 or more");
        });
        command.Add(Pages);
        command.Add(Token);
        command.Add(ExplanationBytes);
    }

    /// <summary>Shows how to go on, to those who speak of pages.</summary>
    public void ShowNext(CommandHost host, ParseResult parsed, string nextPageToken)
    {
        if (parsed.GetValue(Pages) == 0 && parsed.GetRequiredValue(Token).Length == 0)
            return;
        host.Output.WriteLine(nextPageToken.Length > 0 ? $"next page: --page-token {nextPageToken}" : "that was the last page");
    }
}
