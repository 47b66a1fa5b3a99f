using Inference.Server.Hosting;
using Inference.Server.Options;

namespace Inference.Server.Security;

/// <summary>What an operator is told of who may call.</summary>
internal static class SecurityWarnings
{
    /// <summary>For the first screen.</summary>
    public static string Describe(InferenceOptions options, CallerCheck callers)
    {
        if (callers.IsOpen)
            return "nobody is authenticated: whoever reaches an address may do what it serves (docs/security.md)";
        var ways = new List<string>();
        if (options.Security.ClientsFile.Length > 0)
            ways.Add("API keys");
        if (options.Jwt.IsOn)
            ways.Add("tokens");
        if (options.Tls.IsOn && options.Tls.AsksClients)
            ways.Add("client certificates");
        return $"{string.Join(", ", ways)}; without credentials: {RoleNames.Of(callers.Anonymous)}";
    }

    /// <summary>For the log: addresses that others reach and that nothing protects.</summary>
    public static void Tell(InferenceOptions options, CallerCheck callers, ILogger log)
    {
        foreach (ServedListener listener in ServedListener.All(options.Server, options.Tls).Where(listener => !listener.Address.IsLocal && listener.Tls < ListenerTls.Required))
        {
            string address = listener.Address.EndPoint!.ToString();
            if (callers.IsOpen)
                Log.OpenToAll(log, address);
            else if (listener.Tls == ListenerTls.Off)
                Log.CredentialsUnprotected(log, address);
        }
    }
}
