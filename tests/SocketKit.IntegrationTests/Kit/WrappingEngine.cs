using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Tasks;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>An engine whose streams come in a wrapper; all else is the inner engine's.</summary>
/// <param name="inner">The engine.</param>
/// <param name="opened">Wraps the stream of a client.</param>
/// <param name="accepted">Wraps the stream that a listener has accepted.</param>
/// <param name="adopted">Wraps a stream whose role nobody knows.</param>
internal sealed class WrappingEngine(
    SocketEngine inner,
    Func<StreamChannel, StreamChannel> opened,
    Func<StreamChannel, StreamChannel> accepted,
    Func<StreamChannel, StreamChannel> adopted)
    : SocketEngine($"{inner.Description}, wrapped")
{
    public WrappingEngine(SocketEngine inner, Func<StreamChannel, StreamChannel> wrap)
        : this(inner, wrap, wrap, wrap)
    {
    }

    internal override IoResult Connect(Socket socket, EndPoint remote, TimeSpan timeout, CancellationToken cancellationToken) =>
        inner.Connect(socket, remote, timeout, cancellationToken);

    internal override ValueTask<IoResult> ConnectAsync(Socket socket, EndPoint remote, CancellationToken cancellationToken) =>
        inner.ConnectAsync(socket, remote, cancellationToken);

    internal override StreamChannel OpenStream(Socket connected) => opened(inner.OpenStream(connected));

    internal override StreamChannel AdoptStream(Socket connected, bool ownsSocket) => adopted(inner.AdoptStream(connected, ownsSocket));

    internal override ListenerChannel OpenListener(Socket listening, bool ownsSocket) =>
        new Listener(inner.OpenListener(listening, ownsSocket), accepted);

    internal override DatagramChannel OpenDatagram(Socket socket, bool ownsSocket) => inner.OpenDatagram(socket, ownsSocket);

    internal override PollSet OpenPollSet() => inner.OpenPollSet();

    private sealed class Listener(ListenerChannel inner, Func<StreamChannel, StreamChannel> wrap) : ListenerChannel
    {
        public override SocketEngine Engine => inner.Engine;

        public override Socket Socket => inner.Socket;

        public override Action? Discarded
        {
            get => inner.Discarded;
            set => inner.Discarded = value;
        }

        public override AcceptResult Accept(TimeSpan timeout) => Wrapped(inner.Accept(timeout));

        public override async ValueTask<AcceptResult> AcceptAsync(
            TimeSpan timeout, bool continuesInline, CancellationToken cancellationToken) =>
            Wrapped(await inner.AcceptAsync(timeout, continuesInline, cancellationToken).ConfigureAwait(false));

        public override bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

        public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => inner.WaitReadableAsync(cancellationToken);

        public override SafeSocketHandle DuplicateHandle() => inner.DuplicateHandle();

        public override void Dispose() => inner.Dispose();

        private AcceptResult Wrapped(AcceptResult accepted) =>
            accepted.Channel is { } channel ? new(accepted.Outcome, wrap(channel)) : accepted;
    }
}
