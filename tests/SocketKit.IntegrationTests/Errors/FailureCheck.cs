using System.Net;
using System.Net.Sockets;

namespace SocketKit.IntegrationTests.Errors;

/// <summary>What every failure that a user sees has to say.</summary>
internal static class FailureCheck
{
    public static SocketOperationException Of(
        Exception? exception, string operation, SocketError error, EndPoint? local, EndPoint? remote, params string[] words)
    {
        SocketOperationException found = exception.Should().BeAssignableTo<SocketOperationException>().Subject;
        found.Operation.Should().Be(operation);
        found.SocketErrorCode.Should().Be(error);
        found.LocalEndPoint.Should().Be(local);
        found.RemoteEndPoint.Should().Be(remote);
        found.Message.Should().StartWith(operation).And.EndWith(".").And.ContainAll(words);
        found.Message.Should().NotContain(new SocketException((int)error).Message, "that is the runtime's bare text");
        return found;
    }

    public static SocketOperationException Of(
        Action call, string operation, SocketError error, EndPoint? local, EndPoint? remote, params string[] words) =>
        Of(Record.Exception(call), operation, error, local, remote, words);

    public static void Closed(Action call, params string[] words) =>
        Record.Exception(call).Should().BeOfType<ObjectDisposedException>().Which.Message.Should().ContainAll(words);
}
