using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine;

namespace SocketKit;

// The engine contract. An engine is complete when every row works and the shared test bodies pass.
//
//   member         given                                  gives back                         on failure
//   Connect        a prepared socket, address, deadline   Success; the socket is connected   status or error; the caller disposes the socket
//   ConnectAsync   the same and a token                   the same                           the same
//   OpenStream     a socket that Connect has connected    StreamChannel, the only owner      never fails
//   AdoptStream    a connected socket made elsewhere      StreamChannel                      never fails
//   OpenListener   a listening socket                     ListenerChannel                    never fails
//   OpenDatagram   a bound or connected datagram socket   DatagramChannel                    never fails
//   Description    nothing                                which engine runs, and why         never fails
//
// Layer 3 makes sockets and sets their options; an engine moves bytes and owns all waiting. Rules for every channel:
//   - each call has three shapes: with a time-out (zero = never wait), Try… is the same with zero, and async;
//   - no exception leaves a channel for anything the system or the peer does: the status says it;
//   - one receive at a time, the second one ends as Busy; sends queue whole;
//   - Abort and Dispose come from any thread, any number of times; afterwards every pending operation ends as Closed;
//   - a buffer belongs to the caller again when the operation ends, not before.

/// <summary>
/// What moves the bytes and does the waiting beneath every socket of this library. <see cref="Default"/> is chosen once per process;
/// <see cref="SocketOptions.Engine"/> overrides it for one socket.
/// </summary>
public abstract class SocketEngine
{
    private protected SocketEngine(string description) => Description = description;

    /// <summary>The engine used where the options name none.</summary>
    /// <value>
    /// Taken from the environment variable <c>SOCKETKIT_ENGINE</c>, else from the AppContext value <c>SocketKit.Engine</c>, else the best
    /// engine for this system. A name that is not available here means the portable engine, and one line in the first socket's log.
    /// </value>
    public static SocketEngine Default => EngineSelector.Default;

    /// <summary>The engine over System.Net.Sockets, which runs on every platform.</summary>
    public static SocketEngine Portable => EngineSelector.Portable;

    /// <summary>
    /// An engine of its own on epoll(7), with loops that wait and resume for the streams of the sockets that name it in
    /// <see cref="SocketOptions.Engine"/>. Its threads live as long as the process: make one, and share it.
    /// </summary>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>A new engine at every call.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="EpollEngineOptions.Loops"/> is out of its range.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux on x64 or arm64, or forbids this process to use epoll.</exception>
    /// <exception cref="SocketOperationException">No descriptor or no thread is left.</exception>
    [SupportedOSPlatform("linux")]
    public static SocketEngine CreateEpoll(EpollEngineOptions? options = null) => EngineSelector.CreateEpoll(options ?? new EpollEngineOptions());

    /// <summary>The engine's name and why it was chosen, for logs and bug reports.</summary>
    public string Description { get; }

    /// <inheritdoc/>
    public override string ToString() => Description;

    /// <summary>connect(2) with a deadline. The token only abandons the attempt. The socket is unusable after any failure.</summary>
    internal abstract IoResult Connect(Socket socket, EndPoint remote, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>connect(2) without blocking a thread; deadlines are the caller's, through the token.</summary>
    internal abstract ValueTask<IoResult> ConnectAsync(Socket socket, EndPoint remote, CancellationToken cancellationToken);

    /// <summary>A socket on which nobody has begun an operation of System.Net.Sockets; from now on it is the channel's alone.</summary>
    internal abstract StreamChannel OpenStream(Socket connected);

    /// <summary>A socket that may have been used before, or is to be used afterwards.</summary>
    internal abstract StreamChannel AdoptStream(Socket connected, bool ownsSocket);

    internal abstract ListenerChannel OpenListener(Socket listening, bool ownsSocket);

    internal abstract DatagramChannel OpenDatagram(Socket socket, bool ownsSocket);
}
