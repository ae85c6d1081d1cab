using System.Buffers.Binary;
using System.Diagnostics;

namespace SocketKit.Load;

/// <summary>
/// Keeps a window of datagrams in flight and compares what comes back. Each one carries its number; what has not come back after a
/// silence is counted as lost and the window is filled again.
/// </summary>
internal sealed class UdpEchoClient
{
    private const int NumberBytes = sizeof(long);

    private static readonly TimeSpan s_silence = TimeSpan.FromMilliseconds(20);

    private readonly UdpEndpoint _endpoint;
    private readonly EchoPattern _pattern;
    private readonly Measurement _measurement;
    private readonly byte[] _datagram;
    private readonly byte[] _echo;
    private readonly Dictionary<long, long> _sentAt = [];
    private long _next;
    private long _lost;

    private UdpEchoClient(UdpEndpoint endpoint, int size, Measurement measurement)
    {
        _endpoint = endpoint;
        _pattern = new EchoPattern(size);
        _measurement = measurement;
        _datagram = new byte[size];
        _echo = new byte[size + 1];
    }

    /// <returns>Whether every echo had the right bytes; loss is reported and is no error.</returns>
    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        UdpEndpointOptions options = UdpSockets.Options(arguments);
        (string host, int port) = (arguments.Host, arguments.Port);
        int size = arguments.Integer("size", NumberBytes, 65507, 64);
        int window = arguments.Integer("window", 1, 4096, 32);
        TimeSpan seconds = arguments.Seconds("seconds", 5);
        TimeSpan warmUp = arguments.Seconds("warmup", 1.5);
        arguments.RefuseOthers();

        using UdpEndpoint endpoint = await UdpEndpoint.ConnectAsync(host, port, options, cancellationToken);
        endpoint.ReceiveTimeout = s_silence;
        var measurement = new Measurement(warmUp, seconds);
        var client = new UdpEchoClient(endpoint, size, measurement);
        Task exchange = Task.Run(() => client.ExchangeAsync(window), CancellationToken.None);
        await measurement.RunAsync(cancellationToken);
        await exchange;
        Console.WriteLine($"udp_echo size={size} window={window} {measurement} lost={client._lost}");
        return measurement.Errors == 0;
    }

    private async Task ExchangeAsync(int window)
    {
        while (!_measurement.HasEnded || _sentAt.Count > 0)
        {
            while (_sentAt.Count < window && !_measurement.HasEnded)
            {
                await SendAsync();
            }

            try
            {
                ReceivedDatagram received = await _endpoint.ReceiveAsync(_echo);
                Take(_echo.AsSpan(0, received.Length));
            }
            catch (SocketTimeoutException)
            {
                // The datagrams under way are lost; they are counted, and a new window begins.
                _lost += _sentAt.Count;
                _sentAt.Clear();
            }
        }
    }

    private async ValueTask SendAsync()
    {
        long number = _next++;
        _pattern.Slice(number, _datagram.Length).CopyTo(_datagram);
        BinaryPrimitives.WriteInt64LittleEndian(_datagram, number);
        _sentAt[number] = Stopwatch.GetTimestamp();
        await _endpoint.SendAsync(_datagram);
    }

    private void Take(ReadOnlySpan<byte> echo)
    {
        long number = echo.Length == _datagram.Length ? BinaryPrimitives.ReadInt64LittleEndian(echo) : -1;
        if (number < 0 || number >= _next || !_pattern.Matches(number + NumberBytes, echo[NumberBytes..]))
        {
            _measurement.CountError($"An echo of {echo.Length} bytes is not what was sent.");
        }
        else if (_sentAt.Remove(number, out long sentAt))
        {
            _measurement.CountMessage(sentAt);
        }
    }
}
