using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Tcp;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>Handles that are sent without blocking a thread, also when the kernel is full.</summary>
[Collection(Serial.Name)]
public abstract class UnixSendHandlesAsyncTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxTheory]
    [InlineData(1)]
    [InlineData(2_000_000)]
    public async Task A_message_arrives_whole_and_its_handles_once(int length)
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        using (receiver)
        {
            byte[] data = Payload.Of(length);
            Task sending;
            using (SafeFileHandle file = OpenFile())
            {
                sending = sender.SendHandlesAsync(data, [file, file]).AsTask();
            }

            byte[] all = new byte[length];
            (await ReceiveAsync(receiver, all)).Should().Be(2);

            await sending.Within();
            all.AsSpan().SequenceEqual(data).Should().BeTrue();
            sender.BytesSent.Should().Be(length);
        }
    }

    [LinuxFact]
    public async Task It_waits_for_room_and_the_caller_may_close_its_handle_meanwhile()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        using (receiver)
        {
            long full = TcpFill.Up(sender);
            Task sending;
            using (SafeFileHandle file = OpenFile())
            {
                sending = sender.SendHandlesAsync("handle"u8.ToArray(), [file]).AsTask();
            }

            Task next = sender.SendAsync("next"u8.ToArray()).AsTask();
            sending.IsCompleted.Should().BeFalse("or the kernel is not full");

            byte[] all = new byte[full + 10];
            (await ReceiveAsync(receiver, all)).Should().Be(1);

            await sending.Within();
            await next.Within();
            all.AsSpan((int)full).SequenceEqual("handlenext"u8).Should().BeTrue();
        }
    }

    [LinuxFact]
    public async Task Its_deadline_says_how_many_bytes_are_gone()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        using (receiver)
        using (SafeFileHandle file = OpenFile())
        {
            sender.SendTimeout = TimeSpan.FromMilliseconds(50);
            byte[] data = Payload.Of(4_000_000);
            var cut = (SocketTimeoutException?)await Expect.Failure(sender.SendHandlesAsync(data, [file]).AsTask());
            cut!.BytesTransferred.Should().BeInRange(1, data.Length - 1);
            TcpFill.Up(sender);

            await Expect.Timeout(sender.SendHandlesAsync("x"u8.ToArray(), [file]).AsTask());

            sender.CloseReason.Should().Be(CloseReason.None);
            using ReceivedHandles received = receiver.ReceiveHandles(new byte[8]);
            received.Handles.Should().ContainSingle("the handle is on the first byte of the cut message");
        }
    }

    [LinuxFact]
    public async Task A_token_leaves_the_connection_usable_unless_a_part_is_gone()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        using (receiver)
        using (SafeFileHandle file = OpenFile())
        {
            using var source = new CancellationTokenSource();
            using var second = new CancellationTokenSource();
            long full = TcpFill.Up(sender);
            Task waiting = sender.SendHandlesAsync("never"u8.ToArray(), [file], source.Token).AsTask();
            Task queued = sender.SendHandlesAsync("never"u8.ToArray(), [file], source.Token).AsTask();

            source.Cancel();

            await Expect.Canceled(waiting, source.Token);
            await Expect.Canceled(queued, source.Token);
            (await ReceiveAsync(receiver, new byte[full])).Should().Be(0);
            Task begun = sender.SendHandlesAsync(Payload.Of(4_000_000), [file], second.Token).AsTask();
            begun.IsCompleted.Should().BeFalse("or the kernel is not full");
            second.Cancel();
            await Expect.Canceled(begun, second.Token);
            sender.CloseReason.Should().Be(CloseReason.LocalAbort);
        }
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Closing_ends_one_that_waits(bool peer)
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        using (receiver)
        using (SafeFileHandle file = OpenFile())
        {
            TcpFill.Up(sender);
            Task waiting = sender.SendHandlesAsync("x"u8.ToArray(), [file]).AsTask();
            waiting.IsCompleted.Should().BeFalse("or the kernel is not full");

            (peer ? receiver : sender).Dispose();

            if (peer)
            {
                await Expect.Disconnected(waiting);
            }
            else
            {
                await Expect.Disposed(waiting);
            }
        }
    }

    [LinuxFact]
    public void Arguments_are_checked_before_anything_is_sent()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        using (receiver)
        using (SafeFileHandle file = OpenFile())
        {
            SafeFileHandle closed = OpenFile();
            closed.Dispose();
            byte[] data = [1];
            SafeHandle[][] wrong = [[], [.. Enumerable.Repeat(file, 17)], [file, closed], [file, null!]];
            foreach (SafeHandle[] handles in wrong)
            {
                Action send = () => _ = sender.SendHandlesAsync(data, handles).AsTask();
                send.Should().ThrowExactly<ArgumentException>();
            }

            Record.Exception((Action)(() => _ = sender.SendHandlesAsync(default, [file]).AsTask())).Should().BeOfType<ArgumentException>();
            Record.Exception((Action)(() => _ = sender.SendHandlesAsync(data, null!).AsTask())).Should().BeOfType<ArgumentNullException>();
            receiver.TryReceiveHandles(new byte[1], out _).Should().BeFalse();
        }
    }

    /// <summary>Fills the buffer, and gives back how many handles came with the bytes.</summary>
    private static async Task<int> ReceiveAsync(UnixConnection receiver, Memory<byte> all)
    {
        int handles = 0;
        for (int done = 0; done < all.Length;)
        {
            using ReceivedHandles received = await receiver.ReceiveHandlesAsync(all[done..]).Within();
            received.Length.Should().BePositive("there is no end yet");
            handles += received.Handles.Count;
            done += received.Length;
        }

        return handles;
    }

    private (UnixConnection Sender, UnixConnection Receiver) Pair()
    {
        string name = AbstractName();
        using UnixServer server = ListenUnix(name);
        UnixClient client = ConnectUnix(name);
        return (client, server.Accept());
    }

    private SafeFileHandle OpenFile()
    {
        File.WriteAllText(PathOf("f"), "content");
        return File.OpenHandle(PathOf("f"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
    }
}

public sealed class UnixSendHandlesAsyncTests_Portable : UnixSendHandlesAsyncTests<PortableUnderTest>;

public sealed class UnixSendHandlesAsyncTests_Epoll : UnixSendHandlesAsyncTests<EpollUnderTest>;
