using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace RedisRig;

/// <summary>
/// Finds ports below those that the system hands out by itself, so that nobody takes one while its server is down and about to come back.
/// </summary>
internal static class FreePorts
{
    /// <summary>A node of Redis Cluster listens on its port and on this much above it.</summary>
    public const int ClusterBus = 10_000;

    private const int First = 12_000;
    private const int Last = 21_999;

    /// <summary>A port where nobody listens, nor on the cluster bus that belongs to it.</summary>
    public static int Take()
    {
        for (int attempt = 0; attempt < 200; attempt++)
        {
            int port = RandomNumberGenerator.GetInt32(First, Last + 1);
            if (IsFree(port) && IsFree(port + ClusterBus))
                return port;
        }

        throw new InvalidOperationException($"No port from {First} to {Last} is free.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
