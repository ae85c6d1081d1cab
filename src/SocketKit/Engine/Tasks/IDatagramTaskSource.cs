using System.Threading.Tasks.Sources;

namespace SocketKit.Engine.Tasks;

/// <summary>A datagram receive that has to wait, and is the task of its caller.</summary>
internal interface IDatagramTaskSource : IValueTaskSource<ReceivedDatagram>
{
    /// <summary>Called before the task is awaited; the parameters are those of <see cref="DatagramTask.AsReceived"/>.</summary>
    void Serve(IDatagramResults results, bool ownsFrom, TimeSpan timeout, CancellationToken cancellationToken);
}
