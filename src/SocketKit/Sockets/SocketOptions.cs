using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Sockets.Options;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>
/// The options that every socket has. They are checked and copied when the socket is made; later changes have no effect on it.
/// </summary>
public abstract class SocketOptions
{
    private Exception? _ofConfigure;

    private protected SocketOptions()
    {
    }

    /// <summary>Whether plain calls wait until they can do their work.</summary>
    /// <value>True by default. False sets both time-outs to zero, and cannot be combined with a positive time-out.</value>
    public bool Blocking { get; set; } = true;

    /// <summary>The initial <see cref="SocketBase.ReceiveTimeout"/>.</summary>
    /// <value>Infinite by default.</value>
    public TimeSpan ReceiveTimeout { get; set; } = Infinite.InfiniteTimeSpan;

    /// <summary>The initial <see cref="SocketBase.SendTimeout"/>.</summary>
    /// <value>Infinite by default.</value>
    public TimeSpan SendTimeout { get; set; } = Infinite.InfiniteTimeSpan;

    /// <summary>SO_RCVBUF in bytes. Linux doubles it for its own bookkeeping.</summary>
    /// <value>Null by default: the system's size, which TCP adjusts automatically.</value>
    public int? ReceiveBufferSize { get; set; }

    /// <summary>SO_SNDBUF in bytes. Linux doubles it for its own bookkeeping.</summary>
    /// <value>Null by default: the system's size, which TCP adjusts automatically.</value>
    public int? SendBufferSize { get; set; }

    /// <summary>The engine that moves the bytes.</summary>
    /// <value>Null by default: <see cref="SocketEngine.Default"/>.</value>
    public SocketEngine? Engine { get; set; }

    /// <summary>
    /// Where the code after an <c>await</c> of a call continues when the call had to wait. The connections of a server use the server's
    /// value.
    /// </summary>
    /// <value>
    /// <see cref="Dispatch.Auto"/> by default. It has no effect on the portable engine, where code always continues on the thread pool.
    /// </value>
    public Dispatch Dispatch { get; set; }

    /// <summary>
    /// Where the library logs. Nothing that one peer does is logged above Debug. Connections that a limit turns away and connects that are
    /// tried again are logged as a Warning, at most every 5 s.
    /// </summary>
    /// <value>Null by default: no logging. If the factory or a logger throws, its log lines are lost and nothing else happens.</value>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>
    /// Called with each new socket, after the options were set and before it is bound or connected. Called with both ends of a pair, which
    /// are connected from the beginning. Not called for accepted connections and for the sockets of <c>FromSocket</c>.
    /// </summary>
    /// <value>Null by default. An exception that it throws comes out of the factory method, and the socket is closed.</value>
    public Action<Socket>? Configure { get; set; }

    internal TimeSpan InitialReceiveTimeout => Blocking ? ReceiveTimeout : TimeSpan.Zero;

    internal TimeSpan InitialSendTimeout => Blocking ? SendTimeout : TimeSpan.Zero;

    internal bool HasBufferSize => ReceiveBufferSize is not null || SendBufferSize is not null;

    internal SocketEngine EngineOrDefault => Engine ?? SocketEngine.Default;

    internal ILogger CreateLogger(string category) =>
        Loggers.Create(LoggerFactory, category, EngineSelector.UnavailableName, EngineSelector.IsFallback, EngineOrDefault);

    /// <summary>Returns a checked copy of the caller's options, or the defaults.</summary>
    internal static TOptions Snapshot<TOptions>(TOptions? options)
        where TOptions : SocketOptions, new()
    {
        var copy = options is null ? new TOptions() : (TOptions)options.MemberwiseClone();
        copy.CopyParts();
        copy.Validate();
        return copy;
    }

    /// <summary>Replaces the option objects that are properties of these options by copies.</summary>
    private protected virtual void CopyParts()
    {
    }

    /// <summary>Refuses invalid options before any system call.</summary>
    internal virtual void Validate()
    {
        SocketBase.CheckTimeout(ReceiveTimeout, nameof(ReceiveTimeout));
        SocketBase.CheckTimeout(SendTimeout, nameof(SendTimeout));
        if (!Blocking && (ReceiveTimeout > TimeSpan.Zero || SendTimeout > TimeSpan.Zero))
        {
            throw new ArgumentException("Blocking = false and a positive time-out exclude each other.", nameof(Blocking));
        }

        if (Dispatch is not (Dispatch.Auto or Dispatch.Inline or Dispatch.ThreadPool))
        {
            throw new ArgumentOutOfRangeException(nameof(Dispatch), Dispatch, "Auto, Inline or ThreadPool.");
        }

        CheckAtLeast(ReceiveBufferSize, 1, nameof(ReceiveBufferSize));
        CheckAtLeast(SendBufferSize, 1, nameof(SendBufferSize));
    }

    /// <summary>Sets the options that must be set before bind and connect.</summary>
    internal virtual void ApplyTo(Socket socket)
    {
        if (ReceiveBufferSize is { } receive)
        {
            PlainOption.Set(socket, OptionTable.ReceiveBufferSize.Name, receive, static (socket, size) => socket.ReceiveBufferSize = size);
        }

        if (SendBufferSize is { } send)
        {
            PlainOption.Set(socket, OptionTable.SendBufferSize.Name, send, static (socket, size) => socket.SendBufferSize = size);
        }
    }

    /// <summary>Sets the options on a new socket, then calls the caller's Configure.</summary>
    internal Socket SetUp(Socket socket)
    {
        try
        {
            ApplyTo(socket);
            RunConfigure(socket);
            return socket;
        }
        catch
        {
            // The descriptor must not leak when an option is refused or Configure throws.
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Calls the caller's hook. Where addresses or attempts are tried in turn, <see cref="IsOfConfigure"/> tells what it threw.
    /// </summary>
    internal void RunConfigure(Socket socket)
    {
        try
        {
            Configure?.Invoke(socket);
        }
        catch (Exception exception)
        {
            // Noted only: it ends the factory call as it is, also a SocketException that looks like an address's own.
            Interlocked.CompareExchange(ref _ofConfigure, exception, null);
            throw;
        }
    }

    /// <summary>Whether the caller's hook threw this. Each factory call has its own copy of the options, and so its own note.</summary>
    internal bool IsOfConfigure(Exception exception) => ReferenceEquals(Volatile.Read(ref _ofConfigure), exception);

    /// <summary>For limits, of which zero would only be a value that was forgotten.</summary>
    private protected static void CheckPositive(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero && value != Infinite.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(name, value, "Positive, or Timeout.InfiniteTimeSpan.");
        }
    }

    private protected static void CheckDefined<TEnum>(TEnum value, string name)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new ArgumentOutOfRangeException(name, value, "One of the enumeration's values.");
        }
    }

    private protected static void CheckAtLeast(int? value, int least, string name)
    {
        if (value < least)
        {
            throw new ArgumentOutOfRangeException(name, value, $"At least {least}.");
        }
    }
}
