using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Platform;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

[Collection(Serial.Name)]
public abstract class UnixHandlesTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact]
    public async Task Ten_open_files_travel_and_work_on_the_other_side()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        using (receiver)
        {
            SafeHandle[] files = [.. Enumerable.Range(0, 10).Select(i => OpenFile($"f{i}", $"content {i}"))];
            string[] before = Descriptors();

            sender.SendHandles("hello"u8, files).Should().Be(5);
            byte[] buffer = new byte[16];
            using (ReceivedHandles received = receiver.ReceiveHandles(buffer))
            {
                received.Length.Should().Be(5);
                buffer.AsSpan(0, 5).SequenceEqual("hello"u8).Should().BeTrue();
                received.Handles.Should().HaveCount(10);
                for (int i = 0; i < 10; i++)
                {
                    IsCloseOnExec(received.Handles[i]).Should().BeTrue();
                    await using var stream = new FileStream(received.Handles[i], FileAccess.Read);
                    using var reader = new StreamReader(stream);
                    (await reader.ReadToEndAsync()).Should().Be($"content {i}");
                }
            }

            files.Should().AllSatisfy(static file => file.IsClosed.Should().BeFalse());
            NewSince(before).Should().Be(0);
            Close(files);
        }
    }

    [LinuxFact]
    public void A_connection_can_be_passed_on_and_lives_on()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        (UnixConnection passed, UnixConnection peer) = UnixConnection.CreatePair();
        using (sender)
        using (receiver)
        using (peer)
        {
            using (SafeSocketHandle handle = passed.DuplicateHandle())
            {
                sender.SendHandles("x"u8, handle);
            }

            passed.Dispose();
            using ReceivedHandles received = receiver.ReceiveHandles(new byte[1]);
            using UnixConnection arrived = UnixConnection.FromSocket(new Socket(received.TakeSocket(0)));
            received.Handles[0].IsClosed.Should().BeTrue();

            arrived.Send("over there"u8);
            byte[] buffer = new byte[32];
            peer.Receive(buffer).Should().Be(10);
            Action again = () => received.TakeSocket(0);
            again.Should().Throw<ObjectDisposedException>();
        }
    }

    [LinuxFact]
    public void The_kernels_limit_of_253_handles_can_be_used_by_option()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        using (receiver)
        {
            SafeHandle[] files = [.. Enumerable.Range(0, 253).Select(_ => OpenFile("f", "x"))];
            string[] before = Descriptors();
            sender.MaxHandlesPerMessage = receiver.MaxHandlesPerMessage = 253;

            sender.SendHandles("x"u8, files);
            using (ReceivedHandles received = receiver.ReceiveHandles(new byte[8]))
            {
                received.Handles.Should().HaveCount(253);
                NewSince(before).Should().Be(253);
            }

            NewSince(before).Should().Be(0);
            Close(files);
        }
    }

    [LinuxFact]
    public void Too_many_handles_are_all_closed_and_end_the_connection()
    {
        foreach (int count in new[] { 17, 18, 100, 253 })
        {
            (UnixConnection sender, UnixConnection receiver) = Pair();
            SafeHandle[] files = [.. Enumerable.Range(0, count).Select(_ => OpenFile("f", "x"))];
            string[] before = Descriptors();
            string own = ReferentOf(receiver.Socket.Handle);
            before.Should().Contain(own);
            sender.MaxHandlesPerMessage = 253;
            sender.SendHandles("x"u8, files);

            Action receive = () => receiver.ReceiveHandles(new byte[8]);

            receive.Should().Throw<SocketException>().WithMessage("*more than 16 handles*")
                .Which.SocketErrorCode.Should().Be(SocketError.MessageSize);
            receiver.CloseReason.Should().Be(CloseReason.Error);
            Expect.Disposed(Record.Exception(() => receiver.Receive(new byte[1])));
            NewSince(before).Should().Be(0);
            Descriptors().Should().NotContain(own, "the receiver's own descriptor is closed");
            sender.Dispose();
            Close(files);
        }
    }

    [LinuxFact]
    public void An_odd_limit_leaves_no_room_for_one_more()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using SafeFileHandle file = OpenFile("f", "x");
        string[] before = Descriptors();
        string own = ReferentOf(receiver.Socket.Handle);
        before.Should().Contain(own);
        receiver.MaxHandlesPerMessage = 1;
        sender.SendHandles("x"u8, file, file);

        Expect.Socket(Record.Exception(() => receiver.ReceiveHandles(new byte[8])), SocketError.MessageSize);

        NewSince(before).Should().Be(0);
        Descriptors().Should().NotContain(own);
        sender.Dispose();
    }

    [LinuxFact]
    public async Task A_plain_receive_closes_handles_unseen()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        using (receiver)
        {
            using SafeFileHandle file = OpenFile("f", "x");
            string[] before = Descriptors();

            sender.SendHandles("ab"u8, file, file);
            (await receiver.ReceiveAsync(new byte[8]).Within()).Should().Be(2);

            NewSince(before).Should().Be(0);
        }
    }

    [LinuxFact]
    public void Handles_that_nobody_takes_go_with_the_connection()
    {
        string[] before = Descriptors();
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (SafeFileHandle file = OpenFile("f", "x"))
        {
            sender.SendHandles("x"u8, file, file);
        }

        sender.Dispose();
        receiver.Dispose();

        NewSince(before).Should().Be(0);
    }

    [LinuxFact]
    public void Arguments_are_checked_before_anything_is_sent()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        using (receiver)
        {
            using SafeFileHandle file = OpenFile("f", "x");
            SafeFileHandle closed = OpenFile("g", "x");
            closed.Dispose();
            SafeHandle[] tooMany = [.. Enumerable.Repeat(file, 17)];

            Record.Exception(() => sender.SendHandles([], file)).Should().BeOfType<ArgumentException>();
            Record.Exception(() => sender.SendHandles("x"u8)).Should().BeOfType<ArgumentException>();
            Record.Exception(() => sender.SendHandles("x"u8, tooMany)).Should().BeOfType<ArgumentException>();
            Record.Exception(() => sender.SendHandles("x"u8, file, closed)).Should().BeOfType<ArgumentException>();
            Record.Exception(() => sender.SendHandles("x"u8, file, null!)).Should().BeOfType<ArgumentException>();
            Record.Exception(() => receiver.ReceiveHandles([])).Should().BeOfType<ArgumentException>();
            Record.Exception(() => receiver.MaxHandlesPerMessage = 254).Should().BeOfType<ArgumentOutOfRangeException>();
            receiver.TryReceiveHandles(new byte[1], out _).Should().BeFalse();
        }
    }

    [LinuxFact]
    public async Task Modes_and_deadlines_hold_for_handles_too()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        using (receiver)
        {
            byte[] buffer = new byte[8];
            using SafeFileHandle file = OpenFile("f", "x");

            receiver.Blocking = false;
            Expect.Socket(Record.Exception(() => receiver.ReceiveHandles(buffer)), SocketError.WouldBlock);
            receiver.Timeout = TimeSpan.FromMilliseconds(50);
            Expect.Timeout(Record.Exception(() => receiver.ReceiveHandles(buffer)));
            await Expect.Timeout(receiver.ReceiveHandlesAsync(buffer).AsTask());
            receiver.Timeout = Timeout.InfiniteTimeSpan;

            using var cancellation = new CancellationTokenSource();
            Task<ReceivedHandles> cancelled = receiver.ReceiveHandlesAsync(buffer, cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            await Expect.Canceled(cancelled, cancellation.Token);

            Task<ReceivedHandles> pending = receiver.ReceiveHandlesAsync(buffer).AsTask();
            sender.SendHandles("x"u8, file);
            using (ReceivedHandles received = await pending.Within())
            {
                received.Handles.Should().ContainSingle();
            }

            sender.SendTimeout = TimeSpan.FromMilliseconds(50);
            byte[] data = Payload.Of(4_000_000);
            SocketTimeoutException timeout = Record.Exception(() => sender.SendHandles(data, file))
                .Should().BeOfType<SocketTimeoutException>().Subject;
            timeout.BytesTransferred.Should().BeInRange(1, data.Length - 1);
            sender.Blocking = false;
            Expect.Socket(Record.Exception(() => sender.SendHandles("x"u8, file)), SocketError.WouldBlock);
            sender.Blocking = true;

            using (ReceivedHandles received = receiver.ReceiveHandles(buffer))
            {
                received.Handles.Should().ContainSingle("the handle is on the first byte of the cut message");
            }
        }
    }

    [LinuxFact]
    public async Task A_long_message_arrives_whole_and_its_handle_once()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (receiver)
        {
            using SafeFileHandle file = OpenFile("f", "x");
            byte[] data = Payload.Of(2_000_000);
            Task sending = Limits.OnThread(() =>
            {
                sender.SendHandles(data, file).Should().Be(data.Length);
                sender.Dispose();
            });

            byte[] all = new byte[data.Length];
            int handles = 0;
            int done = 0;
            while (true)
            {
                using ReceivedHandles received = await receiver.ReceiveHandlesAsync(
                    all.AsMemory(done, Math.Max(1, Math.Min(65_536, all.Length - done)))).AsTask().Within();
                handles += received.Handles.Count;
                done += received.Length;
                if (done == all.Length)
                {
                    break;
                }
            }

            await sending.Within();
            handles.Should().Be(1);
            all.Should().Equal(data);
            receiver.ReceiveHandles(new byte[1]).Length.Should().Be(0);
        }
    }

    [LinuxFact]
    public async Task Dispose_ends_a_blocked_receive_of_handles()
    {
        (UnixConnection sender, UnixConnection receiver) = Pair();
        using (sender)
        {
            Task blocked = Limits.OnThread(() => receiver.ReceiveHandles(new byte[1]));
            SpinWait.SpinUntil(() => blocked.Status == TaskStatus.Running, Limits.Hang).Should().BeTrue();
            receiver.Dispose();
            await Expect.Disposed(blocked);
        }
    }

    [LinuxFact("python3")]
    public async Task Python_takes_handles_and_sends_handles()
    {
        using UnixServer server = ListenUnix(PathOf());
        using Script python = Script.Python(
            """
            import socket, sys, os
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
            data, fds, flags, _ = socket.recv_fds(s, 100, 4)
            print(data.decode(), len(fds), os.read(fds[0], 100).decode())
            r, w = os.pipe()
            os.write(w, b"from python"); os.close(w)
            socket.send_fds(s, [b"pipe"], [r])
            sys.stdin.read()
            """, PathOf());
        using UnixConnection accepted = await server.AcceptAsync().Within();
        using SafeFileHandle file = OpenFile("f", "from here");

        accepted.SendHandles("file"u8, file);
        (await python.LineAsync()).Should().Be("file 1 from here");
        using ReceivedHandles received = await accepted.ReceiveHandlesAsync(new byte[16]).Within();

        received.Length.Should().Be(4);
        using var reader = new StreamReader(new FileStream(received.Handles.Should().ContainSingle().Subject, FileAccess.Read));
        (await reader.ReadToEndAsync()).Should().Be("from python");
    }

    /// <summary>What this process has open, by what each descriptor refers to.</summary>
    private static string[] Descriptors()
    {
        // Those of sockets and files that tests before this one have left to the finaliser are not ours.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return [.. Directory.GetFiles("/proc/self/fd").Select(static descriptor => new FileInfo(descriptor).LinkTarget ?? descriptor)];
    }

    private static string ReferentOf(nint descriptor) => new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget!;

    /// <summary>How many descriptors have come since then. What an earlier test closes late does not count.</summary>
    private static int NewSince(string[] before) =>
        Descriptors().CountBy(static referent => referent).Sum(now => Math.Max(0, now.Value - before.Count(then => then == now.Key)));

    private static void Close(SafeHandle[] handles) => Array.ForEach(handles, static handle => handle.Dispose());

    private static bool IsCloseOnExec(SafeFileHandle handle)
    {
        // proc(5): flags are octal; O_CLOEXEC is 02000000.
        string flags = File.ReadLines($"/proc/self/fdinfo/{handle.DangerousGetHandle()}").First(static line =>
            line.StartsWith("flags:", StringComparison.Ordinal));
        return (Convert.ToInt64(flags.Split('\t')[1], 8) & Convert.ToInt64("2000000", 8)) != 0;
    }

    private (UnixConnection Sender, UnixConnection Receiver) Pair()
    {
        string name = AbstractName();
        using UnixServer server = ListenUnix(name);
        UnixClient client = ConnectUnix(name);
        return (client, server.Accept());
    }

    private SafeFileHandle OpenFile(string name, string content)
    {
        if (!File.Exists(PathOf(name)))
        {
            File.WriteAllText(PathOf(name), content);
        }

        return File.OpenHandle(PathOf(name));
    }
}

public sealed class UnixHandlesTests_Portable : UnixHandlesTests<PortableUnderTest>;

public sealed class UnixHandlesTests_Epoll : UnixHandlesTests<EpollUnderTest>;
