using System.Net;
using System.Reflection;

namespace SocketKit.Peers;

/// <summary>One echo server. Disposing it closes it.</summary>
internal abstract class Peer : IAsyncDisposable
{
    /// <summary>As the servers of SocketKit.Load have it, so that a burst of connects meets the same queue everywhere.</summary>
    protected const int Backlog = 4096;

    /// <summary>The library and its version.</summary>
    public abstract string Engine { get; }

    /// <summary>Bytes that one receive can take.</summary>
    public abstract int BufferSize { get; }

    /// <summary>Serves from here on, and gives the address at which it listens.</summary>
    public abstract Task<EndPoint> StartAsync(IPEndPoint local);

    public abstract ValueTask DisposeAsync();

    /// <summary>A library's name and the version of its package.</summary>
    protected static string Describe(string library, Type type)
    {
        Assembly assembly = type.Assembly;
        string? version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        return $"{library} {version ?? assembly.GetName().Version?.ToString()}";
    }
}
