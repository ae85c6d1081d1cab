using System.Net;
using System.Text;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

/// <summary>Answers every datagram. One socket serves all clients: UDP has no connections.</summary>
internal static class EchoServer
{
    public static UdpEndpoint Bind(int port)
    {
        // socket(AF_INET, SOCK_DGRAM), bind(('localhost', port))
        UdpEndpoint server = UdpEndpoint.Bind("localhost", port);
        Bilingual.WriteLine(
            $"UDP 服务器启动，等待数据... 端口:{server.Port}",
            $"The UDP server has started and waits for data... port:{server.Port}");
        return server;
    }

    public static void Run(UdpEndpoint bound)
    {
        using UdpEndpoint server = bound;

        // Of a longer datagram recvfrom(1024) drops the rest without a word, and with it half a character. No datagram is longer than this.
        byte[] buffer = new byte[65_535];

        while (true)
        {
            try
            {
                // data, client_address = server_socket.recvfrom(1024)
                ReceivedDatagram datagram = server.ReceiveFrom(buffer);
                string data = Encoding.UTF8.GetString(buffer, 0, datagram.Length);
                EndPoint sender = datagram.RemoteEndPoint!;
                Bilingual.WriteLine($"接收到来自 {sender} 的数据: {data}", $"received data from {sender}: {data}");

                // server_socket.sendto(response.encode('utf-8'), client_address). A datagram goes as a whole or not at all.
                server.SendTo(Encoding.UTF8.GetBytes($"你好，客户端！你发送了：{data}"), sender);
            }
            catch (SocketException exception)
            {
                // An answer too long for a datagram, or a client that has no such port: its own trouble, not the server's.
                Bilingual.WriteLine($"无法回答: {exception.Message}", "cannot answer");
            }
            catch (ObjectDisposedException)
            {
                // The endpoint was closed by another thread.
                return;
            }
        }
    }
}
