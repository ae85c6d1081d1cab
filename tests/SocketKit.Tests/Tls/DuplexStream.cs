using System.Buffers;
using System.IO.Pipelines;

namespace SocketKit.Tests.Tls;

/// <summary>One end of a transport in memory. Disposing it ends both directions, as a closed socket does.</summary>
internal sealed class DuplexStream(PipeReader reader, PipeWriter writer) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static (DuplexStream First, DuplexStream Second) Pair()
    {
        // Without a limit, so that a writer whose peer has stopped reading does not wait.
        var options = new PipeOptions(pauseWriterThreshold: 0, resumeWriterThreshold: 0);
        Pipe there = new(options);
        Pipe back = new(options);
        return (new DuplexStream(back.Reader, there.Writer), new DuplexStream(there.Reader, back.Writer));
    }

    /// <summary>Ends the transport with an error, as a reset does.</summary>
    public void Fail(Exception exception) => writer.Complete(exception);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadResult result = await reader.ReadAsync(cancellationToken);
        int count = (int)Math.Min(result.Buffer.Length, buffer.Length);
        result.Buffer.Slice(0, count).ToArray().CopyTo(buffer);
        reader.AdvanceTo(result.Buffer.GetPosition(count));
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await writer.WriteAsync(buffer, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        writer.Complete();
        reader.Complete();
        base.Dispose(disposing);
    }
}
