using System.Net;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>What the generator can do.</summary>
internal enum GenerateCommand
{
    Echo,
    Connect,
    Idle,
}

/// <summary>How the generator reaches the server.</summary>
internal enum GenerateTransport
{
    Tcp,
    Unix,
    Udp,
}

/// <summary>The command line of the generator: the options of benchmarks/native, with the same defaults and limits.</summary>
internal sealed class GenerateOptions
{
    /// <summary>What <c>connect</c> sends at most: it fits into the buffer of a new socket.</summary>
    public const int LargestFirstMessage = 16384;

    /// <summary>Options that stand alone, without a value.</summary>
    public static readonly string[] Flags = ["go"];

    /// <summary>65535 less the headers of IPv4 and UDP.</summary>
    private const int LongestDatagram = 65507;

    private const double HighestRate = 1e8;

    /// <summary>In the last byte of 127.0.0.x.</summary>
    private const int MostSources = 250;

    public GenerateOptions(GenerateCommand command, Arguments arguments)
    {
        Command = command;
        Target = TargetOf(arguments);
        Connections = arguments.Integer("connections", 1, 1_000_000, command switch
        {
            GenerateCommand.Connect => 64,
            GenerateCommand.Idle => 1000,
            _ => 1,
        });
        Size = arguments.Integer("size", 1, 1 << 24, command == GenerateCommand.Connect ? 1 : 32);
        Depth = arguments.Integer("depth", 1, 65536, 1);
        Rate = arguments.Number("rate", HighestRate, 0);
        WarmUp = arguments.Seconds("warmup", 1.5);
        Duration = arguments.Seconds("seconds", 2);
        Every = arguments.Seconds("every", 0);
        Go = arguments.HasFlag("go");
        ServerProcess = arguments.Integer("server-pid", 0, int.MaxValue, 0);
        Sources = arguments.Integer("sources", 1, MostSources, 1);
        arguments.RefuseOthers();
        Check();
    }

    public GenerateCommand Command { get; }

    public GenerateTransport Transport { get; private set; }

    public EndPoint Target { get; }

    public int Connections { get; }

    /// <summary>Bytes per message.</summary>
    public int Size { get; }

    /// <summary>Messages in flight per connection.</summary>
    public int Depth { get; }

    /// <summary>Messages per second of all connections; 0: a closed loop.</summary>
    public double Rate { get; }

    public bool HasRate => Rate > 0;

    public TimeSpan WarmUp { get; }

    public TimeSpan Duration { get; }

    /// <summary>Time between lines with the rate; zero: none.</summary>
    public TimeSpan Every { get; }

    /// <summary>A line on standard input ends the warm-up.</summary>
    public bool Go { get; }

    /// <summary>Whose processor time and memory is reported; 0: nobody's.</summary>
    public int ServerProcess { get; }

    /// <summary>Source addresses 127.0.0.1 and up.</summary>
    public int Sources { get; }

    public string TransportName => Transport switch
    {
        GenerateTransport.Unix => "unix",
        GenerateTransport.Udp => "udp",
        _ => "tcp",
    };

    private EndPoint TargetOf(Arguments arguments)
    {
        string host = arguments.Host;
        if (!IPAddress.TryParse(host, out IPAddress? address))
        {
            throw new FormatException($"--host {host} is not a numeric address.");
        }

        string path = arguments.Text("unix", string.Empty);
        int tcp = arguments.Integer("tcp", 1, 65535, 0);
        int udp = arguments.Integer("udp", 1, 65535, 0);
        if ((path.Length > 0 ? 1 : 0) + (tcp > 0 ? 1 : 0) + (udp > 0 ? 1 : 0) != 1)
        {
            throw new FormatException("Say --tcp PORT, --udp PORT or --unix PATH.");
        }

        if (path.Length > 0)
        {
            Transport = GenerateTransport.Unix;
            return UnixTarget(path);
        }

        Transport = tcp > 0 ? GenerateTransport.Tcp : GenerateTransport.Udp;
        return new IPEndPoint(address, tcp > 0 ? tcp : udp);
    }

    /// <summary>A path that begins with @ is an abstract name, which .NET writes with a zero byte.</summary>
    private static UnixDomainSocketEndPoint UnixTarget(string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path);
        }
        catch (ArgumentException problem)
        {
            // The path is too long for a socket address: a wrong argument.
            throw new FormatException($"--unix {path}: {problem.Message}", problem);
        }
    }

    private void Check()
    {
        if (Transport == GenerateTransport.Udp && Command != GenerateCommand.Echo)
        {
            throw new FormatException("connect and idle are for connections: --tcp or --unix.");
        }

        if (Transport == GenerateTransport.Udp && Size is < sizeof(long) or > LongestDatagram)
        {
            throw new FormatException($"--size {Size}: a datagram has {sizeof(long)} to {LongestDatagram} bytes.");
        }

        if (Command == GenerateCommand.Connect && Size > LargestFirstMessage)
        {
            throw new FormatException($"--size {Size}: connect sends at most {LargestFirstMessage} bytes.");
        }

        if (Command != GenerateCommand.Echo && HasRate)
        {
            throw new FormatException("--rate is for echo.");
        }

        if (Sources > 1 && (Transport != GenerateTransport.Tcp || !IPAddress.IsLoopback(((IPEndPoint)Target).Address)
            || ((IPEndPoint)Target).AddressFamily != AddressFamily.InterNetwork))
        {
            throw new FormatException("--sources is for TCP on loopback.");
        }

        if (Duration == TimeSpan.Zero)
        {
            throw new FormatException("--seconds has to be above 0.");
        }
    }
}
