using System.Net.Sockets;
using System.Text;

namespace Inference.Server.Hosting;

/// <summary>
/// Tells the service manager that started the process how it stands, by the notification protocol of systemd (sd_notify): READY=1 when calls are answered, STOPPING=1 when it begins to stop, each with a line for people.
/// Where no service manager asked (no NOTIFY_SOCKET), nothing is done.
/// </summary>
internal sealed class ServiceManager(string socket, Readiness readiness, ILogger log)
{
    /// <summary>Name of the environment variable with the socket: a path, or "@" and an abstract name.</summary>
    public const string Variable = "NOTIFY_SOCKET";

    /// <summary>Follows the states until the server stops.</summary>
    /// <param name="socket">The value of <see cref="Variable"/>; null or empty for none.</param>
    public static Task FollowAsync(string? socket, Readiness readiness, ILogger log) =>
        string.IsNullOrEmpty(socket) ? Task.CompletedTask : new ServiceManager(socket, readiness, log).FollowAsync();

    private async Task FollowAsync()
    {
        while (true)
        {
            (ServerState state, Task changed) = readiness.Observe();
            switch (state)
            {
                case ServerState.Loading:
                    Send("STATUS=Loading the model");
                    break;
                case ServerState.Ready:
                    Send("READY=1\nSTATUS=Answering calls");
                    break;
                default:
                    Send("STOPPING=1\nSTATUS=Taking the last calls");
                    return;
            }

            await changed;
        }
    }

    private void Send(string message)
    {
        try
        {
            using var sender = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            sender.SendTo(Encoding.UTF8.GetBytes(message), new UnixDomainSocketEndPoint(socket[0] == '@' ? '\0' + socket[1..] : socket));
        }
        catch (Exception e) when (e is SocketException or ArgumentException or PlatformNotSupportedException)
        {
            // It serves all the same; the manager gives up on it in its own time.
            Log.ServiceManagerUnreachable(log, socket, e);
        }
    }
}
