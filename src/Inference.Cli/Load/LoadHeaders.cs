using System.CommandLine;
using System.Globalization;
using Grpc.Core;

namespace Inference.Cli.Load;

/// <summary>What goes with every call of a load: `--header NAME=VALUE`.</summary>
internal static class LoadHeaders
{
    public static Option<string[]> Option()
    {
        var option = new Option<string[]>("--header") { Description = "Metadata of every call; can be given several times", HelpName = "NAME=VALUE", DefaultValueFactory = _ => [] };
        option.Validators.Add(result =>
        {
            foreach (string pair in result.Tokens.Select(token => token.Value))
            {
                if (pair.IndexOf('=', StringComparison.Ordinal) <= 0)
                    result.AddError($"--header '{pair}' is not of the form NAME=VALUE");
            }
        });
        return option;
    }

    /// <returns>Null when there are none.</returns>
    public static Metadata? Of(string[] pairs)
    {
        var headers = new Metadata();
        foreach (string pair in pairs)
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            headers.Add(pair[..equals].ToLower(CultureInfo.InvariantCulture), pair[(equals + 1)..]);
        }

        return headers.Count == 0 ? null : headers;
    }
}
