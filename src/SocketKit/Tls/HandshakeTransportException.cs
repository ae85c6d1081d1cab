using SocketKit.Engine;

namespace SocketKit.Tls;

/// <summary>The transport has ended a handshake. It is an <see cref="IOException"/>, because SslStream passes that on unchanged.</summary>
internal sealed class HandshakeTransportException(IoResult outcome) : IOException("The transport has ended the handshake.")
{
    public IoResult Outcome => outcome;
}
