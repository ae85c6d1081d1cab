using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Linux;

/// <summary>Accepts plain descriptors. The listener keeps its Socket, and is registered by the first async accept.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollAcceptor : IAcceptor
{
    /// <summary>So many connections in a row before the loop's other work comes first.</summary>
    private const int MostInARow = 64;

    private readonly EpollLoops _loops;
    private readonly Socket _socket;
    private readonly EventWait _wait;
    private readonly SlowTally _tally = new();
    private readonly bool _isToBlockAgain;
    private readonly Lock _mode = new();
    private readonly EndPoint? _local;
    private int _row;
    private bool _blocksAgain;

    public EpollAcceptor(EpollLoops loops, Socket socket, bool ownsSocket)
    {
        _loops = loops;
        _socket = socket;
        _wait = new EventWait(loops.Choose());

        _isToBlockAgain = !ownsSocket && !DescriptorFlags.IsNonBlocking(socket);

        // What is bound to one address accepts on that address; on all of them each connection has its own.
        _local = socket.LocalEndPoint is IPEndPoint { Address: var address } && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? null
            : LazyEndPoint.LocalOf((int)socket.Handle).Value;

        // accept4(2) knows no flag that would keep it from waiting when another process has taken the connection first.
        DescriptorFlags.SetNonBlocking(socket, true);
    }

    public StreamChannel? TryAccept()
    {
        if (!_isToBlockAgain)
        {
            return AcceptNow();
        }

        // Or it might wait in a listener that has just been given back, and take its owner's next connection.
        lock (_mode)
        {
            return _blocksAgain ? null : AcceptNow();
        }
    }

    private EpollStream? AcceptNow()
    {
        Span<byte> name = stackalloc byte[StreamCalls.LongestAddress];
        using var lease = new DescriptorLease(_socket.SafeHandle);
        int accepted = StreamCalls.Accept(lease.Descriptor, name, out int length, out SocketError error);
        if (accepted < 0)
        {
            return error == SocketError.WouldBlock ? null : throw new SocketException((int)error);
        }

        LazyEndPoint local = _local is null ? LazyEndPoint.LocalOf(accepted) : new LazyEndPoint(_local);
        return new EpollStream(_loops, accepted, local, new LazyEndPoint(name[..length]), new Slowness(_tally));
    }

    public async ValueTask<StreamChannel> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // A borrowed listener's next connection is its owner's.
            cancellationToken.ThrowIfCancellationRequested();
            if (_row++ == MostInARow)
            {
                _row = 0;
                await _wait.YieldAsync().ConfigureAwait(false);
            }

            if (TryAccept() is { } accepted)
            {
                return accepted;
            }

            _row = 0;
            Register();
            await _wait.NextAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Close()
    {
        try
        {
            using var lease = new DescriptorLease(_socket.SafeHandle);
            _wait.Unregister(lease.Descriptor);
            if (_isToBlockAgain)
            {
                lock (_mode)
                {
                    // .NET did not notice the change, so it would not undo it.
                    _blocksAgain = true;
                    DescriptorFlags.SetNonBlocking(_socket, false);
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed behind our back; the registration went with the descriptor.
        }

        _wait.Wake();
    }

    private void Register()
    {
        using var lease = new DescriptorLease(_socket.SafeHandle);
        _wait.Register(lease.Descriptor, Libc.EPOLLIN | Libc.EPOLLET);
    }
}
