using System.Net.Sockets;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// What an outcome has to be, to the exact type: a time-out of ours is a SocketException, too, and must not pass for one.
/// </summary>
public static class Expect
{
    public static SocketOperationException Socket(Exception? exception, SocketError error)
    {
        SocketOperationException found = exception.Should().BeOfType<SocketOperationException>().Subject;
        found.SocketErrorCode.Should().Be(error);
        return found;
    }

    public static async Task<SocketOperationException> Socket(Task task, SocketError error) => Socket(await Failure(task), error);

    public static SocketTimeoutException Timeout(Exception? exception, long bytes = 0)
    {
        SocketTimeoutException found = exception.Should().BeOfType<SocketTimeoutException>().Subject;
        found.SocketErrorCode.Should().Be(SocketError.TimedOut);
        found.BytesTransferred.Should().Be(bytes);
        return found;
    }

    public static async Task<SocketTimeoutException> Timeout(Task task, long bytes = 0) => Timeout(await Failure(task), bytes);

    public static async Task Disposed(Task task) => (await Failure(task)).Should().BeOfType<ObjectDisposedException>();

    public static void Disposed(Exception? exception) => exception.Should().BeOfType<ObjectDisposedException>();

    public static void Disconnected(Exception? exception)
    {
        exception.Should().BeOfType<SocketOperationException>();
        exception!.IsDisconnect().Should().BeTrue();
        exception!.IsTimeout().Should().BeFalse();
    }

    public static async Task Disconnected(Task task) => Disconnected(await Failure(task));

    public static async Task Canceled(Task task, CancellationToken token) =>
        (await Failure(task)).Should().BeAssignableTo<OperationCanceledException>().Which.CancellationToken.Should().Be(token);

    /// <summary>The exception that the task ends with, within the limit; null if it succeeds.</summary>
    public static async Task<Exception?> Failure(Task task)
    {
        await Task.WhenAny(task).Within();
        return await Record.ExceptionAsync(() => task);
    }
}
