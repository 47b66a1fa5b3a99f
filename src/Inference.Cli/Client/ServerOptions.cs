using System.CommandLine;
using System.CommandLine.Parsing;

namespace Inference.Cli.Client;

/// <summary>The options by which a verb finds its server.</summary>
internal sealed class ServerOptions
{
    public Option<string> Address { get; } = NewAddress();

    public Option<TimeSpan> Timeout { get; } = Durations.Option("--timeout", "How long to wait for the answer, for example 500ms or 5s", TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10));

    /// <summary>The option that says where the server is.</summary>
    public static Option<string> NewAddress()
    {
        var address = new Option<string>("--address") { Description = "Address of the server's gRPC port", HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:5001" };
        address.Validators.Add(CheckAddress);
        return address;
    }

    public void AddTo(Command command)
    {
        command.Add(Address);
        command.Add(Timeout);
        ServerAccess.AddTo(command);
    }

    public static void CheckAddress(OptionResult result)
    {
        string address = result.GetValueOrDefault<string>() ?? "";
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
            result.AddError($"{result.Option.Name} '{address}' is no address like http://127.0.0.1:5001");
    }
}
