using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class StreamTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public void It_reads_writes_times_out_and_cannot_seek()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream stream = pair.Client.GetStream();

        (stream.CanRead, stream.CanWrite, stream.CanSeek, stream.CanTimeout).Should().Be((true, true, false, true));
        Record.Exception(() => stream.Length).Should().BeOfType<NotSupportedException>();
        Record.Exception(() => stream.Position).Should().BeOfType<NotSupportedException>();
        Record.Exception(() => stream.Seek(0, SeekOrigin.Begin)).Should().BeOfType<NotSupportedException>();
        Record.Exception(() => stream.SetLength(1)).Should().BeOfType<NotSupportedException>();
        Record.Exception(() => stream.Read(new byte[2], 1, 2)).Should().BeAssignableTo<ArgumentException>();
        Record.Exception(() => stream.Write(null!, 0, 1)).Should().BeOfType<ArgumentNullException>();
        stream.Flush();
    }

    [Fact]
    public async Task Bytes_and_lines_go_through_it()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream there = pair.Client.GetStream();
        using var reader = new StreamReader(pair.Accepted.GetStream());

        there.Write("first\n"u8);
        there.WriteByte((byte)'2');
        await there.WriteAsync("nd\n"u8.ToArray());
        await there.FlushAsync();
        pair.Client.ShutdownSend();

        (await reader.ReadLineAsync().WaitAsync(Limits.Hang)).Should().Be("first");
        (await reader.ReadLineAsync().WaitAsync(Limits.Hang)).Should().Be("2nd");
        (await reader.ReadLineAsync().WaitAsync(Limits.Hang)).Should().BeNull();
    }

    [Fact]
    public async Task A_timeout_is_an_IOException_around_ours_and_the_stream_stays_usable()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream stream = pair.Accepted.GetStream();
        stream.ReadTimeout.Should().Be(Timeout.Infinite);
        stream.ReadTimeout = 100;
        pair.Accepted.ReceiveTimeout.Should().Be(TimeSpan.FromMilliseconds(100));

        Exception blocking = Record.Exception(() => stream.Read(new byte[1]));
        Exception? pending = await Expect.Failure(stream.ReadAsync(new byte[1]).AsTask());
        pair.Client.Send("x"u8);

        foreach (Exception? exception in new[] { blocking, pending })
        {
            exception.Should().BeOfType<IOException>().Which.InnerException.Should().BeOfType<SocketTimeoutException>();
            exception!.IsTimeout().Should().BeTrue();
        }

        stream.ReadTimeout = Timeout.Infinite;
        (await stream.ReadAsync(new byte[1]).AsTask().Within()).Should().Be(1);
        Record.Exception(() => stream.ReadTimeout = 0).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => stream.WriteTimeout = -2).Should().BeOfType<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void A_reset_is_an_IOException_and_a_disconnect()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using Stream stream = pair.Connection.GetStream();
        pair.Peer.Reset();

        Exception reset = Record.Exception(() => stream.Read(new byte[1]));

        reset.Should().BeOfType<IOException>();
        reset.IsDisconnect().Should().BeTrue();
        Record.Exception(() => stream.Write(new byte[1])).Should().BeOfType<IOException>().Which.IsDisconnect().Should().BeTrue();
    }

    [Fact]
    public async Task A_token_ends_a_read_as_it_ends_a_receive()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream stream = pair.Accepted.GetStream();
        using var source = new CancellationTokenSource();
        Task<int> read = stream.ReadAsync(new byte[1], source.Token).AsTask();

        source.Cancel();

        await Expect.Canceled(read, source.Token);
    }

    [Fact]
    public async Task Disposing_it_disposes_the_connection_unless_asked_to_leave_it_open()
    {
        using TcpPairUnderTest pair = ConnectPair();
        Stream left = pair.Client.GetStream(leaveOpen: true);
        await left.DisposeAsync();
        pair.Client.Send("x"u8);
        left.CanRead.Should().BeFalse();
        Record.Exception(() => left.Read(new byte[1])).Should().BeOfType<ObjectDisposedException>();

        pair.Client.GetStream().Dispose();

        Expect.Disposed(Record.Exception(() => pair.Client.Send("x"u8)));
        pair.Accepted.Receive(new byte[4]).Should().Be(1);
        pair.Accepted.Receive(new byte[4]).Should().Be(0, "the peer sees a finish");
    }

    [Fact]
    public void A_disposed_stream_neither_gives_nor_takes_the_connections_timeouts()
    {
        using TcpPairUnderTest pair = ConnectPair();
        Stream left = pair.Client.GetStream(leaveOpen: true);
        left.ReadTimeout = 1000;
        left.WriteTimeout = 2000;
        left.Dispose();

        Expect.Disposed(Record.Exception(() => left.ReadTimeout));
        Expect.Disposed(Record.Exception(() => left.WriteTimeout));
        Expect.Disposed(Record.Exception(() => left.ReadTimeout = 1));
        Expect.Disposed(Record.Exception(() => left.WriteTimeout = 1));

        pair.Client.ReceiveTimeout.Should().Be(TimeSpan.FromSeconds(1));
        pair.Client.SendTimeout.Should().Be(TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_can_do_nothing_once_the_stream_or_the_connection_was_closed(bool closeStream)
    {
        using TcpPairUnderTest pair = ConnectPair();
        Stream stream = pair.Client.GetStream(leaveOpen: true);

        if (closeStream)
        {
            stream.Dispose();
        }
        else
        {
            pair.Client.Abort();
        }

        (stream.CanRead, stream.CanWrite, stream.CanTimeout).Should().Be((false, false, false));
        Expect.Disposed(Record.Exception(() => stream.ReadTimeout));
        Expect.Disposed(Record.Exception(() => stream.CopyTo(Stream.Null)));
        Expect.Disposed(Record.Exception(() => stream.ReadByte()));
        Expect.Disposed(Record.Exception(() => stream.WriteByte(1)));
        Expect.Disposed(Record.Exception(() => stream.ReadExactly(new byte[1])));
        Expect.Disposed(Record.Exception(() => stream.Write("x"u8)));
        stream.Flush();
    }

    [Fact]
    public async Task The_task_of_a_read_that_waited_notices_a_second_await()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream stream = pair.Accepted.GetStream();
        ValueTask<int> read = stream.ReadAsync(new byte[1]);
        read.IsCompleted.Should().BeFalse();
        pair.Client.Send("x"u8);
        while (!read.IsCompleted)
        {
            await Task.Yield();
        }

        (await read).Should().Be(1);

#pragma warning disable CA2012 // Awaiting it twice is what is tested.
        (await Record.ExceptionAsync(async () => await read)).Should().BeOfType<InvalidOperationException>();
#pragma warning restore CA2012
    }

    [Fact]
    public async Task Single_bytes_and_copies_go_through_it_to_the_end()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream there = pair.Client.GetStream();
        using Stream here = pair.Accepted.GetStream();
        byte[] data = Payload.Of(300_000);
        there.WriteByte(0xFF);
        here.ReadByte().Should().Be(0xFF);

        Task write = there.WriteAsync(data, 0, data.Length);
        await here.ReadExactlyAsync(new byte[100_000]).AsTask().Within();
        Task end = write.ContinueWith(_ => pair.Client.ShutdownSend(), TaskScheduler.Default);
        using var copy = new MemoryStream();
        await here.CopyToAsync(copy).Within();
        await Task.WhenAll(write, end).Within();

        copy.ToArray().AsSpan().SequenceEqual(data.AsSpan(100_000)).Should().BeTrue();
        here.ReadByte().Should().Be(-1);
        here.Read(new byte[1]).Should().Be(0);
    }

    [Fact]
    public void In_non_blocking_mode_a_write_that_does_not_fit_is_no_silent_cut()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.Blocking = false;
        using Stream stream = pair.Client.GetStream();

        Record.Exception(() => stream.Write(new byte[Payload.MoreThanKernelTakes])).Should().BeOfType<IOException>()
            .Which.Message.Should().Contain("non-blocking");
    }

    [Fact]
    public async Task Tls_runs_over_it()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using X509Certificate2 certificate = SelfSigned();
        using var server = new SslStream(pair.Accepted.GetStream());
        using SslStream client = ClientOf(pair, certificate);
        byte[] data = Payload.Of(1024 * 1024);
        byte[] received = new byte[data.Length];

        await Task.WhenAll(server.AuthenticateAsServerAsync(certificate), client.AuthenticateAsClientAsync("localhost")).Within();
        Task write = client.WriteAsync(data).AsTask();
        await server.ReadExactlyAsync(received).AsTask().Within();
        await write.Within();
        await client.ShutdownAsync().Within();

        received.AsSpan().SequenceEqual(data).Should().BeTrue();
        (await server.ReadAsync(received).AsTask().Within()).Should().Be(0);
    }

    [Fact]
    public async Task Tls_over_it_sends_and_receives_at_the_same_time()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using X509Certificate2 certificate = SelfSigned();
        using var server = new SslStream(pair.Accepted.GetStream());
        using SslStream client = ClientOf(pair, certificate);
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);
        byte[] there = new byte[data.Length];
        byte[] back = new byte[data.Length];
        await Task.WhenAll(server.AuthenticateAsServerAsync(certificate), client.AuthenticateAsClientAsync("localhost")).Within();

        await Task.WhenAll(
            client.WriteAsync(data).AsTask(),
            server.WriteAsync(data).AsTask(),
            client.ReadExactlyAsync(back).AsTask(),
            server.ReadExactlyAsync(there).AsTask()).Within();

        there.AsSpan().SequenceEqual(data).Should().BeTrue();
        back.AsSpan().SequenceEqual(data).Should().BeTrue();
    }

    /// <summary>Trusts this certificate only.</summary>
    private static SslStream ClientOf(TcpPairUnderTest pair, X509Certificate2 certificate) => new(
        pair.Client.GetStream(),
        leaveInnerStreamOpen: false,
        (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString());

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        // Exported and loaded, because some platforms do not take a key that lives in memory only.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}

public sealed class StreamTests_Portable : StreamTests<PortableUnderTest>;

public sealed class StreamTests_Epoll : StreamTests<EpollUnderTest>;
