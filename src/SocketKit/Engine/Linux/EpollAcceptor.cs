using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Linux;

/// <summary>Accepts plain descriptors. The listener keeps its Socket; the first async accept registers it with a loop.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollAcceptor : IAcceptor
{
    /// <summary>How many connections are accepted in a row before the loop's other work comes first.</summary>
    private const int MostInARow = 64;

    private readonly EpollLoops _loops;
    private readonly Socket _socket;
    private readonly EpollDescriptor _descriptor;
    private readonly EpollAccept _operation;
    private readonly PaceTally _tally = new();
    private readonly bool _mustBlockAgain;
    private readonly Lock _mode = new();
    private readonly EndPoint? _local;
    private int _row;
    private bool _blocksAgain;

    public EpollAcceptor(EpollLoops loops, Socket socket, bool ownsSocket)
    {
        _loops = loops;
        _socket = socket;
        _descriptor = new EpollDescriptor(loops, (int)socket.Handle, owner: null);
        _operation = new EpollAccept(_descriptor, this);
        _mustBlockAgain = !ownsSocket && !DescriptorFlags.IsNonBlocking(socket);

        // A listener that is bound to one address accepts on that address only. With a wildcard address each connection has its own.
        _local = socket.LocalEndPoint is IPEndPoint { Address: var address }
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? null
            : LazyEndPoint.LocalOf((int)socket.Handle).Value;

        // accept4(2) has no flag that would keep it from waiting if another process has taken the connection first.
        DescriptorFlags.SetNonBlocking(socket, true);
    }

    /// <summary>Registers the listener. The caller is inside its descriptor.</summary>
    public SocketError Register(EpollDescriptor descriptor)
    {
        try
        {
            // The lease keeps the number from being reused meanwhile.
            using var lease = new DescriptorLease(_socket.SafeHandle);
            return descriptor.Register(Libc.EPOLLIN | Libc.EPOLLET);
        }
        catch (ObjectDisposedException)
        {
            // Closed by this library, or by the socket's owner.
            return SocketError.OperationAborted;
        }
    }

    public StreamChannel? TryAccept() => TryAccept(out EpollStream? accepted, out SocketError error) ? accepted
        : error == SocketError.WouldBlock ? null
        : throw ExceptionOf(error);

    /// <summary>
    /// accept4(2). False: no connection waits (WouldBlock), the listener is closed (OperationAborted), or the system refuses.
    /// </summary>
    public bool TryAccept([NotNullWhen(true)] out EpollStream? accepted, out SocketError error)
    {
        if (!_mustBlockAgain)
        {
            return AcceptNow(out accepted, out error);
        }

        // Without the lock this call might block in a listener that was just given back, and take its owner's next connection.
        lock (_mode)
        {
            if (!_blocksAgain)
            {
                return AcceptNow(out accepted, out error);
            }
        }

        accepted = null;
        error = SocketError.WouldBlock;
        return false;
    }

    public async ValueTask<StreamChannel> AcceptAsync(CancellationToken cancellationToken)
    {
        // The next connection of a borrowed listener belongs to its owner.
        cancellationToken.ThrowIfCancellationRequested();
        bool isDeferred = _row++ == MostInARow;
        if (!isDeferred && TryAccept() is { } accepted)
        {
            return accepted;
        }

        _row = 0;
        IoResult outcome = await _operation.Start(isDeferred, cancellationToken).AsOutcome().ConfigureAwait(false);
        return outcome.Status switch
        {
            ChannelStatus.Success => _operation.TakeAccepted(),
            ChannelStatus.Canceled => throw new OperationCanceledException(cancellationToken),
            ChannelStatus.Closed => throw ExceptionOf(SocketError.OperationAborted),
            _ => throw ExceptionOf(outcome.Error),
        };
    }

    public void Close()
    {
        Claims claims;
        try
        {
            using var lease = new DescriptorLease(_socket.SafeHandle);
            claims = _descriptor.BeginClose(out _);
            if (_mustBlockAgain)
            {
                lock (_mode)
                {
                    // Socket does not know of this change, so it would not undo it.
                    _blocksAgain = true;
                    DescriptorFlags.SetNonBlocking(_socket, false);
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // The socket's owner closed it; closing the descriptor removed the registration.
            claims = _descriptor.BeginClose(out _, isGone: true);
        }

        _descriptor.EndClose(claims);
    }

    private static Exception ExceptionOf(SocketError error) => error == SocketError.OperationAborted
        ? new ObjectDisposedException(typeof(Socket).FullName)
        : new SocketException((int)error);

    private bool AcceptNow([NotNullWhen(true)] out EpollStream? accepted, out SocketError error)
    {
        accepted = null;
        try
        {
            Span<byte> name = stackalloc byte[StreamCalls.LongestAddress];
            using var lease = new DescriptorLease(_socket.SafeHandle);
            int fd = StreamCalls.Accept(lease.Descriptor, name, out int length, out error);
            if (fd < 0)
            {
                return false;
            }

            LazyEndPoint local = _local is null ? LazyEndPoint.LocalOf(fd) : new LazyEndPoint(_local);
            accepted = new EpollStream(_loops, fd, local, new LazyEndPoint(name[..length]), new Pace(_tally));
            return true;
        }
        catch (ObjectDisposedException)
        {
            // Closed by this library, or by the socket's owner.
            error = SocketError.OperationAborted;
            return false;
        }
    }
}
