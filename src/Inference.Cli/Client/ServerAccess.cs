using System.CommandLine;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Inference.Cli.Frame;

namespace Inference.Cli.Client;

/// <summary>Who the tool is to a server, and which servers it trusts: by options, or by environment variables, which do not show in the list of processes.</summary>
/// <param name="Token">What goes as 'authorization: Bearer': an API key or a token; null for nothing.</param>
/// <param name="Tls">Whom it trusts, and its own certificate.</param>
internal sealed record ServerAccess(string? Token, TlsFiles Tls)
{
    private static readonly Option<string?> ApiKeyOption = new("--api-key") { Description = "API key (or INFERENCE_API_KEY)", HelpName = "KEY" };

    private static readonly Option<string?> TokenOption = new("--token") { Description = "Token (JWT) of an identity provider, instead of a key (or INFERENCE_TOKEN)", HelpName = "TOKEN" };

    private static readonly Option<string?> AuthorityOption = TlsFiles.AuthorityOption();

    private static readonly Option<string?> CertificateOption = TlsFiles.CertificateOption();

    private static readonly Option<string?> KeyOption = TlsFiles.KeyOption();

    /// <summary>Adds the options to a verb that calls a server.</summary>
    public static void AddTo(Command command)
    {
        foreach (Option<string?> option in (Option<string?>[])[ApiKeyOption, TokenOption, AuthorityOption, CertificateOption, KeyOption])
            command.Add(option);
    }

    /// <summary>What a command line says; and where that says nothing INFERENCE_API_KEY, INFERENCE_TOKEN, INFERENCE_CA, INFERENCE_CERT and INFERENCE_KEY.</summary>
    public static ServerAccess Of(ParseResult parsed)
    {
        string? Find(Option<string?> option, string variable) => parsed.GetValue(option) ?? (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null);
        string? key = Find(ApiKeyOption, "INFERENCE_API_KEY"), token = Find(TokenOption, "INFERENCE_TOKEN");
        if (key is not null && token is not null)
            throw new CommandFailedException("both an API key and a token are given (--api-key, --token, or their environment variables); a server takes one.");
        return new ServerAccess(key ?? token, new TlsFiles(Find(AuthorityOption, "INFERENCE_CA"), Find(CertificateOption, "INFERENCE_CERT"), Find(KeyOption, "INFERENCE_KEY")));
    }

    /// <summary>Calls that carry the credentials.</summary>
    public CallInvoker AddTo(CallInvoker calls)
    {
        if (Token is null)
            return calls;
        string credentials = $"Bearer {Token}";
        // What a caller sends with all of its calls is the same object each time.
        return calls.Intercept(headers => [.. headers, new Metadata.Entry("authorization", credentials)]);
    }
}
