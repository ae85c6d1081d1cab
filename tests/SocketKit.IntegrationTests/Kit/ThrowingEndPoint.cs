using System.Net;
using System.Net.Sockets;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>An IP endpoint of the application's: right in its address and port, and wrong in all that a subclass can change.</summary>
internal sealed class ThrowingIPEndPoint(IPEndPoint real) : IPEndPoint(real.Address, real.Port)
{
    public const string Text = "The endpoint throws.";

    public override AddressFamily AddressFamily => throw new InvalidOperationException(Text);

    public override SocketAddress Serialize() => throw new InvalidOperationException(Text);

    public override EndPoint Create(SocketAddress socketAddress) => throw new InvalidOperationException(Text);

    public override string ToString() => throw new InvalidOperationException(Text);
}

/// <summary>An endpoint of a kind that no socket knows.</summary>
internal sealed class ThrowingEndPoint : EndPoint
{
    public override AddressFamily AddressFamily => throw new InvalidOperationException(ThrowingIPEndPoint.Text);

    public override SocketAddress Serialize() => throw new InvalidOperationException(ThrowingIPEndPoint.Text);

    public override string ToString() => throw new InvalidOperationException(ThrowingIPEndPoint.Text);
}
