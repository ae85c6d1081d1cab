using System.Diagnostics.CodeAnalysis;
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
    private readonly EpollDescriptor _descriptor;
    private readonly EpollAccept _operation;
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
        _descriptor = new EpollDescriptor(loops, (int)socket.Handle, owner: null);
        _operation = new EpollAccept(_descriptor, this);
        _isToBlockAgain = !ownsSocket && !DescriptorFlags.IsNonBlocking(socket);

        // What is bound to one address accepts on that address; on all of them each connection has its own.
        _local = socket.LocalEndPoint is IPEndPoint { Address: var address } && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? null
            : LazyEndPoint.LocalOf((int)socket.Handle).Value;

        // accept4(2) knows no flag that would keep it from waiting when another process has taken the connection first.
        DescriptorFlags.SetNonBlocking(socket, true);
    }

    /// <summary>Registers the listener, by a caller that is inside its descriptor.</summary>
    public SocketError Register(EpollDescriptor descriptor)
    {
        try
        {
            // The lease keeps the number from going to another file meanwhile.
            using var lease = new DescriptorLease(_socket.SafeHandle);
            return descriptor.Register(Libc.EPOLLIN | Libc.EPOLLET);
        }
        catch (ObjectDisposedException)
        {
            // Closed by this library, or behind its back.
            return SocketError.OperationAborted;
        }
    }

    public StreamChannel? TryAccept() => TryAccept(out EpollStream? accepted, out SocketError error) ? accepted
        : error == SocketError.WouldBlock ? null
        : throw ExceptionOf(error);

    /// <summary>accept4(2). False: nobody waits (WouldBlock), the listener is closed (OperationAborted), or the system refuses.</summary>
    public bool TryAccept([NotNullWhen(true)] out EpollStream? accepted, out SocketError error)
    {
        if (!_isToBlockAgain)
        {
            return AcceptNow(out accepted, out error);
        }

        // Or it might wait in a listener that has just been given back, and take its owner's next connection.
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
        // A borrowed listener's next connection is its owner's.
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
            accepted = new EpollStream(_loops, fd, local, new LazyEndPoint(name[..length]), new Slowness(_tally));
            return true;
        }
        catch (ObjectDisposedException)
        {
            // Closed by this library, or behind its back.
            error = SocketError.OperationAborted;
            return false;
        }
    }
}
