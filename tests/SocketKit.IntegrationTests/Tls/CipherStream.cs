using System.Net.Sockets;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>The transport of a plain SslStream. Its ciphertext can be held back, and then be sent in parts of the test's choice.</summary>
internal sealed class CipherStream(Socket socket) : AsyncTransport
{
    private readonly MemoryStream _held = new();

    /// <summary>From how many writes on everything is held back; the first flight of a client is one write.</summary>
    public int HoldsAfter { get; set; } = int.MaxValue;

    public Socket Socket => socket;

    /// <summary>What was held back since the last call.</summary>
    public byte[] TakeHeld()
    {
        byte[] held = _held.ToArray();
        _held.SetLength(0);
        return held;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        await socket.ReceiveAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (HoldsAfter-- > 0)
        {
            await socket.SendAsync(buffer, cancellationToken);
        }
        else
        {
            HoldsAfter = 0;
            _held.Write(buffer.Span);
        }
    }

    protected override void Dispose(bool disposing)
    {
        socket.Dispose();
        base.Dispose(disposing);
    }
}
