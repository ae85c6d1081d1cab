using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine;
using SocketKit.Engine.Polling;

namespace SocketKit;

// The engine contract. An engine is complete when every row works and the shared test bodies pass.
//
//   member         given                                 gives back                         on failure
//   Connect        a prepared socket, address, deadline  Success; the socket is connected   status or error; the caller disposes the socket
//   ConnectAsync   the same and a token                  the same                           the same
//   OpenStream     a socket that Connect has connected   StreamChannel, the only owner      never fails
//   AdoptStream    a connected socket made elsewhere     StreamChannel                      never fails
//   OpenListener   a listening socket                    ListenerChannel                    never fails
//   OpenDatagram   a bound or connected datagram socket  DatagramChannel                    never fails
//   OpenPollSet    nothing                               PollSet, for sockets of any engine  a SocketException
//   Description    nothing                               which engine runs, and why         never fails
//
// Layer 3 makes sockets and sets their options; an engine moves bytes and owns all waiting. Rules for every channel:
//   - each call has three shapes: with a time-out (zero = never wait), Try… is the same with zero, and async;
//   - no exception leaves a channel for anything the system or the peer does: the status says it;
//   - one receive at a time, the second one ends as Busy; sends queue whole;
//   - Abort and Dispose come from any thread, any number of times; afterwards every pending operation ends as Closed;
//   - a buffer belongs to the caller again when the operation ends, not before.

/// <summary>
/// Moves the bytes and does all waiting for every socket of this library. <see cref="Default"/> is chosen once per process;
/// <see cref="SocketOptions.Engine"/> overrides it for one socket.
/// </summary>
public abstract class SocketEngine
{
    private protected SocketEngine(string description) => Description = description;

    /// <summary>The engine of sockets whose options name none.</summary>
    /// <value>
    /// Chosen by the environment variable <c>SOCKETKIT_ENGINE</c>, or else by the AppContext value <c>SocketKit.Engine</c>, or else the
    /// best engine for this system. If the named engine is not available here, the portable engine is used, and the first socket logs a
    /// warning.
    /// </value>
    public static SocketEngine Default => EngineSelector.Default;

    /// <summary>The engine over System.Net.Sockets, which runs on every platform.</summary>
    public static SocketEngine Portable => EngineSelector.Portable;

    /// <summary>
    /// Creates a separate engine on epoll(7). Its loops wait for the sockets that name it in
    /// <see cref="SocketOptions.Engine"/>, and resume their async calls. Its threads live as long as the process, so create one engine
    /// and share it.
    /// </summary>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>A new engine on every call.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="EpollEngineOptions.Loops"/> is out of its range.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// The system is not Linux on x64 or arm64, or forbids this process to use epoll.
    /// </exception>
    /// <exception cref="SocketOperationException">No descriptor or no thread is left.</exception>
    [SupportedOSPlatform("linux")]
    public static SocketEngine CreateEpoll(EpollEngineOptions? options = null) =>
        EngineSelector.CreateEpoll(options ?? new EpollEngineOptions());

    /// <summary>The engine's name and why it was chosen, for logs and bug reports.</summary>
    public string Description { get; }

    /// <inheritdoc/>
    public override string ToString() => Description;

    /// <summary>connect(2) with a deadline. The token only abandons the attempt. After a failure the socket is unusable.</summary>
    internal abstract IoResult Connect(Socket socket, EndPoint remote, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>connect(2) without blocking a thread. The caller implements deadlines through the token.</summary>
    internal abstract ValueTask<IoResult> ConnectAsync(Socket socket, EndPoint remote, CancellationToken cancellationToken);

    /// <summary>Opens a socket on which no operation of System.Net.Sockets was begun. The channel becomes its only owner.</summary>
    internal abstract StreamChannel OpenStream(Socket connected);

    /// <summary>Opens a socket that System.Net.Sockets has used before, or will use afterwards.</summary>
    internal abstract StreamChannel AdoptStream(Socket connected, bool ownsSocket);

    internal abstract ListenerChannel OpenListener(Socket listening, bool ownsSocket);

    internal abstract DatagramChannel OpenDatagram(Socket socket, bool ownsSocket);

    /// <summary>Makes a set that waits for the descriptors of any engine's channels.</summary>
    /// <exception cref="SocketException">The system refuses, for instance for lack of descriptors.</exception>
    internal abstract PollSet OpenPollSet();
}
