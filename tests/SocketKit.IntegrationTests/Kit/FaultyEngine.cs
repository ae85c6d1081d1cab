using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Tasks;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// An engine in front of another one with faults in its accepts. Without other ones, the first accept of a connection throws, and the
/// second one gives a connection that is closed already, so that nothing can be made of it.
/// </summary>
/// <param name="inner">The engine.</param>
/// <param name="spoil">Given the number of the connection, from 1 on, and the outcome of its accept; returns another outcome.</param>
internal sealed class FaultyEngine(SocketEngine inner, Func<int, AcceptResult, AcceptResult>? spoil = null)
    : SocketEngine("an engine with faults")
{
    public const string Fault = "thrown by accept";

    internal override IoResult Connect(Socket socket, EndPoint remote, TimeSpan timeout, CancellationToken cancellationToken) =>
        inner.Connect(socket, remote, timeout, cancellationToken);

    internal override ValueTask<IoResult> ConnectAsync(Socket socket, EndPoint remote, CancellationToken cancellationToken) =>
        inner.ConnectAsync(socket, remote, cancellationToken);

    internal override StreamChannel OpenStream(Socket connected) => inner.OpenStream(connected);

    internal override StreamChannel AdoptStream(Socket connected, bool ownsSocket) => inner.AdoptStream(connected, ownsSocket);

    internal override ListenerChannel OpenListener(Socket listening, bool ownsSocket) =>
        new Listener(inner.OpenListener(listening, ownsSocket), spoil ?? Spoil);

    internal override DatagramChannel OpenDatagram(Socket socket, bool ownsSocket) => inner.OpenDatagram(socket, ownsSocket);

    internal override PollSet OpenPollSet() => inner.OpenPollSet();

    private static AcceptResult Spoil(int number, AcceptResult accepted)
    {
        if (number <= 2)
        {
            accepted.Channel!.Abort(CloseReason.Error);
        }

        return number == 1 ? throw new InvalidOperationException(Fault) : accepted;
    }

    private sealed class Listener(ListenerChannel inner, Func<int, AcceptResult, AcceptResult> spoil) : ListenerChannel
    {
        private int _accepts;

        public override SocketEngine Engine => inner.Engine;

        public override Socket Socket => inner.Socket;

        public override Action? Discarded
        {
            get => inner.Discarded;
            set => inner.Discarded = value;
        }

        public override AcceptResult Accept(TimeSpan timeout) => Spoil(inner.Accept(timeout));

        public override async ValueTask<AcceptResult> AcceptAsync(
            TimeSpan timeout, bool continuesInline, CancellationToken cancellationToken) =>
            Spoil(await inner.AcceptAsync(timeout, continuesInline, cancellationToken));

        public override bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

        public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => inner.WaitReadableAsync(cancellationToken);

        public override SafeSocketHandle DuplicateHandle() => inner.DuplicateHandle();

        public override void Dispose() => inner.Dispose();

        private AcceptResult Spoil(AcceptResult accepted) =>
            accepted.Channel is null ? accepted : spoil(Interlocked.Increment(ref _accepts), accepted);
    }
}
