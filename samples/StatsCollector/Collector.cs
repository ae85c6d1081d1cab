using System.Net;
using System.Text;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

/// <summary>
/// Has two endpoints. At the door, clients ask a group for the collector. The other one receives statistics, and sends the answers to these
/// questions, too, so that the sender's address of an answer is where statistics go.
/// </summary>
internal sealed class Collector : IDisposable
{
    private readonly Statistics _statistics = new();
    private readonly UdpEndpoint _collecting;
    private readonly UdpEndpoint _door;

    public Collector(int port)
    {
        _door = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, port), new UdpEndpointOptions
        {
            // Each received datagram then says which address it was sent to: the group, or this machine.
            ReceivePacketInfo = true,
        });
        _door.JoinGroup(Meeting.Group, Meeting.InterfaceName);

        // Any free port does, because clients ask for it. Only this machine can send to it.
        _collecting = UdpEndpoint.Bind("localhost", 0, new UdpEndpointOptions
        {
            // Clients do not wait for each other. What does not fit into this buffer is lost; the system limits how large it can be.
            ReceiveBufferSize = 1 << 20,
        });
        Console.WriteLine($"[collector] collects on {_collecting.LocalEndPoint}; clients ask group {Meeting.Group} on port {Port}");
    }

    /// <summary>The port at which clients ask.</summary>
    public int Port => _door.Port;

    /// <summary>Ends when the collector is disposed.</summary>
    public Task RunAsync() => Task.WhenAll(AnswerAsync(), CollectAsync());

    public void Dispose()
    {
        _door.Dispose();
        _collecting.Dispose();
    }

    private async Task AnswerAsync()
    {
        await foreach (OwnedDatagram datagram in _door.ReceiveAllAsync())
        {
            // Each datagram has its own memory, which goes back to a pool here.
            using (datagram)
            {
                // The door is open on all addresses, as multicast needs it. What was not sent to the group gets no answer.
                if (Meeting.Group.Equals(datagram.LocalAddress) && TextOf(datagram) == Meeting.Question)
                {
                    await SendAsync(Meeting.Answer, datagram.RemoteEndPoint!);
                }
            }
        }
    }

    private async Task CollectAsync()
    {
        await foreach (OwnedDatagram datagram in _collecting.ReceiveAllAsync())
        {
            using (datagram)
            {
                string text = TextOf(datagram);
                if (text == "report")
                {
                    string report = _statistics.Report();
                    Console.WriteLine($"[collector] report to {datagram.RemoteEndPoint}:\n{report}");
                    await SendAsync(report, datagram.RemoteEndPoint!);
                }
                else
                {
                    _statistics.Add(text);
                }
            }
        }
    }

    private async Task SendAsync(string text, EndPoint to)
    {
        try
        {
            await _collecting.SendToAsync(text, to);
        }
        catch (SocketException exception)
        {
            // One client that cannot be reached must not end the collector for the others.
            Console.WriteLine($"[collector] {exception.Message}");
        }
        catch (ObjectDisposedException)
        {
            // The collector was disposed meanwhile, and the loop ends at its next receive.
        }
    }

    private static string TextOf(OwnedDatagram datagram) => Encoding.UTF8.GetString(datagram.Data.Span);
}
