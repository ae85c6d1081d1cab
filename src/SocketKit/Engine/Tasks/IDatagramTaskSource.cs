using System.Threading.Tasks.Sources;

namespace SocketKit.Engine.Tasks;

/// <summary>A pending datagram receive, which is the source of its caller's task.</summary>
internal interface IDatagramTaskSource : IValueTaskSource<ReceivedDatagram>
{
    /// <summary>Called before the task is awaited; the parameters are those of <see cref="DatagramTask.AsReceived"/>.</summary>
    void Serve(IDatagramResults results, bool ownsFrom, TimeSpan timeout, CancellationToken cancellationToken);
}
