using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Connected sockets whose descriptors the tests hand to the calls under test.</summary>
[SupportedOSPlatform("linux")]
internal sealed class SocketFixture : IDisposable
{
    private SocketFixture(Socket first, Socket second)
    {
        First = first;
        Second = second;

        // A blocking receive of a broken call fails its test instead of hanging it.
        First.ReceiveTimeout = Second.ReceiveTimeout = (int)Limits.Hang.TotalMilliseconds;
    }

    public Socket First { get; }

    public Socket Second { get; }

    public int A => (int)First.SafeHandle.DangerousGetHandle();

    public int B => (int)Second.SafeHandle.DangerousGetHandle();

    public static SocketFixture Pair()
    {
        (Socket first, Socket second) = HandleMessages.CreatePair(SocketType.Stream);
        return new SocketFixture(first, second);
    }

    public static SocketFixture Tcp()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        return new SocketFixture(client, listener.Accept());
    }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
    }
}
