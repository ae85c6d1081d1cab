using System.Buffers.Binary;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Races;

/// <summary>Many senders and a receiver on both ends, and a close from one of them at any time.</summary>
public abstract class SendReceiveCloseTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Rounds = 200;
    private const int Senders = 8;
    private const int LargestFrame = 20_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_frame_is_torn_or_mixed_and_an_end_that_looks_clean_lies_between_frames(bool abort)
    {
        TcpServerOptions small = ServerOptions;
        small.SendBufferSize = small.ReceiveBufferSize = 16 * 1024;
        using TcpServer server = Listen(small);
        for (int round = 0; round < Rounds; round++)
        {
            using TcpClient client = Connect(server);
            using TcpConnection accepted = await server.AcceptAsync().Within();
            int seed = round;
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task all = Task.WhenAll([
                .. Enumerable.Range(0, Senders).Select(sender => Send(sender % 2 == 0 ? client : accepted, (byte)sender, seed)),
                ReadFrames(client, enough, frames: 1 + (round % 5)),
                ReadFrames(accepted, enough, frames: 1 + (round % 5)),
            ]);
            await enough.Task.Within();

            if (abort)
            {
                client.Abort();
            }
            else
            {
                client.Dispose();
            }

            await all.Within();
        }
    }

    /// <summary>Frames of a length, the sender, and the sender's mark repeated; until the connection is gone.</summary>
    private static Task Send(TcpConnection connection, byte sender, int seed) => Limits.OnThread(() =>
    {
        var random = new Random((seed * Senders) + sender);
        try
        {
            while (true)
            {
                byte[] frame = new byte[sizeof(int) + random.Next(1, LargestFrame)];
                BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - sizeof(int));
                frame.AsSpan(sizeof(int)).Fill(sender);
                if (random.Next(2) == 0)
                {
                    connection.Send(frame);
                }
                else
                {
                    connection.SendAsync(frame).AsTask().GetAwaiter().GetResult();
                }
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // Closed, at this end or at the other.
        }
    });

    private static Task ReadFrames(TcpConnection connection, TaskCompletionSource enough, int frames) => Task.Run(async () =>
    {
        byte[] header = new byte[sizeof(int)];
        byte[] body = new byte[LargestFrame];
        try
        {
            for (int i = 0; await IsMore(connection, header.AsMemory(0, 1)); i++)
            {
                await connection.ReceiveExactlyAsync(header.AsMemory(1));
                Memory<byte> frame = body.AsMemory(0, BinaryPrimitives.ReadInt32LittleEndian(header));
                await connection.ReceiveExactlyAsync(frame);
                frame.Span.IndexOfAnyExcept(frame.Span[0]).Should().Be(-1, "frames never interleave");
                if (i == frames)
                {
                    enough.TrySetResult();
                }
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // Torn is what the end says; an EndOfStreamException would be an end that looks clean.
        }
    });

    private static async Task<bool> IsMore(TcpConnection connection, Memory<byte> one) => await connection.ReceiveAsync(one) > 0;

    private static bool IsEnd(Exception exception) => exception is ObjectDisposedException || exception.IsDisconnect();
}

public sealed class SendReceiveCloseTests_Portable : SendReceiveCloseTests<PortableUnderTest>;

public sealed class SendReceiveCloseTests_Epoll : SendReceiveCloseTests<EpollUnderTest>;
