using System.Diagnostics;
using SocketKit;

/// <summary>A receiver that counts, and what arrives of what a sender sends for a while.</summary>
internal sealed class Meter : IDisposable
{
    /// <summary>Fits a packet of every network, also with IPv6 and a tunnel.</summary>
    public const int Size = 1200;

    private readonly UdpEndpoint _receiver = UdpEndpoint.Bind("localhost", 0, new UdpEndpointOptions { ReceiveBufferSize = 4 << 20 });
    private readonly Sender _sender;
    private readonly Thread _receiving;
    private long _arrived;

    public Meter()
    {
        _sender = new Sender(_receiver.Port, Size);
        _receiving = new Thread(Receive) { IsBackground = true };
        _receiving.Start();
    }

    public UdpCapabilities SenderCapabilities => _sender.Capabilities;

    public UdpCapabilities ReceiverCapabilities => _receiver.Capabilities;

    /// <summary>Sends for so long, on a thread of its own, and gives the datagrams per second that have arrived.</summary>
    public Task<double> RunAsync(TimeSpan duration, Action<Sender> send) => Task.Factory.StartNew(
        () =>
        {
            long before = Interlocked.Read(ref _arrived);
            long start = Stopwatch.GetTimestamp();
            do
            {
                send(_sender);
            }
            while (Stopwatch.GetElapsedTime(start) < duration);

            return (Interlocked.Read(ref _arrived) - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        },
        TaskCreationOptions.LongRunning);

    public void Dispose()
    {
        _sender.Dispose();

        // Ends the receive on the other thread.
        _receiver.Dispose();
        _receiving.Join();
    }

    private void Receive()
    {
        using var batch = new DatagramBatch(256, Size);
        try
        {
            while (true)
            {
                Interlocked.Add(ref _arrived, _receiver.ReceiveBatch(batch));
            }
        }
        catch (ObjectDisposedException)
        {
            // The comparison is over.
        }
    }
}
