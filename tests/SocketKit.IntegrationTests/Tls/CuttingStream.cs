using System.Net.Sockets;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>The transport of a plain client that goes away after so many reads and writes, with a reset or with an end.</summary>
internal sealed class CuttingStream(Socket socket, int operations, bool withReset) : AsyncTransport
{
    private readonly NetworkStream _inner = new(socket, ownsSocket: true);
    private int _left = operations;

    /// <summary>Whether it went away, and not only the other side.</summary>
    public bool WasCut { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await _inner.ReadAsync(buffer, cancellationToken);
        CutIfDue(buffer.Length > 0);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _inner.WriteAsync(buffer, cancellationToken);
        CutIfDue(true);
    }

    protected override void Dispose(bool disposing)
    {
        _inner.Dispose();
        base.Dispose(disposing);
    }

    private void CutIfDue(bool counts)
    {
        if (!counts || --_left != 0)
        {
            return;
        }

        WasCut = true;
        if (withReset)
        {
            socket.LingerState = new LingerOption(true, 0);
        }

        _inner.Dispose();
        throw new IOException("The test's client has gone away.");
    }
}
