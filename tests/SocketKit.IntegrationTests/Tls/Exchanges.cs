using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>One text from one end to the other, in each way to send and receive.</summary>
internal static class Exchanges
{
    public static async Task SayAsync(StreamConnection from, StreamConnection to, string text)
    {
        byte[] buffer = new byte[text.Length];
        await from.SendAsync(Encoding.ASCII.GetBytes(text)).Within();
        await to.ReceiveExactlyAsync(buffer).Within();
        Encoding.ASCII.GetString(buffer).Should().Be(text);
    }

    public static async Task PipeAsync(IDuplexPipe from, IDuplexPipe to, string text)
    {
        Task writing = from.Output.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();
        ReadResult read = await to.Input.ReadAtLeastAsync(text.Length).AsTask().Within();
        Encoding.ASCII.GetString(read.Buffer).Should().Be(text);
        to.Input.AdvanceTo(read.Buffer.End);
        await writing.Within();
    }

    public static async Task MessageAsync(MessageChannel from, MessageChannel to, string text)
    {
        await from.SendAsync(Encoding.ASCII.GetBytes(text)).Within();
        Encoding.ASCII.GetString((await to.ReceiveAsync().Within())!.Value).Should().Be(text);
    }
}
