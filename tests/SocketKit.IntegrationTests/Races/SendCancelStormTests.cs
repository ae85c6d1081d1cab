using System.Buffers.Binary;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Races;

/// <summary>Sends that are cancelled at any time, alone and in the queue behind another one.</summary>
public abstract class SendCancelStormTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Frames = 10_000;
    private const int MostSpins = 2000;

    [Theory]
    [InlineData(6000, 16)]
    [InlineData(100_000, 400)]
    public async Task A_frame_is_sent_whole_or_never_started_or_the_connection_is_aborted(int largest, int framesPerCancel)
    {
        var random = new Random(largest);
        TcpServerOptions small = ServerOptions;
        TcpClientOptions smallClient = ClientOptions;
        small.ReceiveBufferSize = smallClient.SendBufferSize = 4096;
        using TcpServer server = Listen(small);
        int next = 0;
        int aborted = 0;
        int withdrawn = 0;
        while (next < Frames && aborted < 200)
        {
            using TcpClient client = Connect(server, smallClient);
            using TcpConnection accepted = await server.AcceptAsync().Within();
            Task<List<int>> reading = ReadFrames(accepted, largest);
            var sent = new List<int>();
            while (next < Frames && client.CloseReason == CloseReason.None)
            {
                // Two at a time, so that the second one waits in the queue if the kernel is full.
                using var source = new CancellationTokenSource();
                int first = next++;
                int second = next++;
                bool cancel = random.Next(framesPerCancel) < 8;
                Task one = client.SendAsync(Frame(first, random.Next(largest)), source.Token).AsTask();
                Task two = client.SendAsync(Frame(second, random.Next(largest)), source.Token).AsTask();
                if (cancel)
                {
                    Thread.SpinWait(random.Next(MostSpins));
                    source.Cancel();
                }

                withdrawn += await Note(one, first, sent) + await Note(two, second, sent);
            }

            bool wasAborted = client.CloseReason == CloseReason.LocalAbort;
            aborted += wasAborted ? 1 : 0;
            client.Dispose();
            List<int> received = await reading.Within();
            if (wasAborted)
            {
                // A reset may take with it what was not read yet.
                sent.Take(received.Count).Should().Equal(received);
            }
            else
            {
                received.Should().Equal(sent);
            }
        }

        withdrawn.Should().BePositive("or nothing was cancelled");
    }

    /// <summary>1 if it was cancelled; what was sent is noted, and nothing else may happen.</summary>
    private static async Task<int> Note(Task send, int number, List<int> sent)
    {
        switch (await Expect.Failure(send))
        {
            case null:
                sent.Add(number);
                return 0;
            case OperationCanceledException or ObjectDisposedException:
                return 1;
            case { } other:
                throw new InvalidOperationException($"Frame {number}", other);
        }
    }

    private static byte[] Frame(int number, int length)
    {
        byte[] frame = new byte[(2 * sizeof(int)) + length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, number);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(sizeof(int)), length);
        frame.AsSpan(2 * sizeof(int)).Fill((byte)number);
        return frame;
    }

    /// <summary>The numbers of the whole frames until the end; an end that looks clean has to lie between frames.</summary>
    private static Task<List<int>> ReadFrames(TcpConnection connection, int largest) => Task.Run(async () =>
    {
        var numbers = new List<int>();
        byte[] header = new byte[2 * sizeof(int)];
        byte[] body = new byte[largest];
        try
        {
            while (await connection.ReceiveAsync(header.AsMemory(0, 1)) > 0)
            {
                await connection.ReceiveExactlyAsync(header.AsMemory(1));
                int number = BinaryPrimitives.ReadInt32LittleEndian(header);
                Memory<byte> frame = body.AsMemory(0, BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(sizeof(int))));
                await connection.ReceiveExactlyAsync(frame);
                frame.Span.IndexOfAnyExcept((byte)number).Should().Be(-1, "frame {0} is whole", number);
                numbers.Add(number);
            }
        }
        catch (Exception exception) when (exception.IsDisconnect())
        {
            // Aborted, perhaps within a frame.
        }

        return numbers;
    });
}

public sealed class SendCancelStormTests_Portable : SendCancelStormTests<PortableUnderTest>;

public sealed class SendCancelStormTests_Epoll : SendCancelStormTests<EpollUnderTest>;
