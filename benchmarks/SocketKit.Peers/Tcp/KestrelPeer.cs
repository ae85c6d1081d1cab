using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SocketKit.Peers;

/// <summary>
/// Kestrel with a <see cref="ConnectionHandler"/>, its way to serve TCP without HTTP. Docs: "Configure endpoints for the ASP.NET Core
/// Kestrel web server" (dotnet/AspNetCore.Docs, aspnetcore/fundamentals/servers/kestrel/endpoints.md) for the endpoint, and
/// MyEchoConnectionHandler.cs (davidfowl/MultiProtocolAspNetCore), the example of Kestrel's architect, for the loop.
/// </summary>
internal sealed class KestrelPeer : Peer
{
    /// <summary>Kestrel's pool lends blocks of this size, and a receive fills one (dotnet/aspnetcore, PinnedBlockMemoryPool.cs).</summary>
    private const int BlockBytes = 4096;

    private WebApplication? _application;

    public override string Engine => Describe("Kestrel", typeof(KestrelServer));

    public override int BufferSize => BlockBytes;

    public override async Task<EndPoint> StartAsync(IPEndPoint local)
    {
        // TCP_NODELAY is Kestrel's default; its backlog is 512.
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSockets(static options => options.Backlog = Backlog);
        builder.WebHost.ConfigureKestrel(options => options.Listen(local, static listen => listen.UseConnectionHandler<EchoHandler>()));
        _application = builder.Build();
        await _application.StartAsync();
        IServer server = _application.Services.GetRequiredService<IServer>();
        string address = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new IPEndPoint(local.Address, new Uri(address).Port);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.DisposeAsync();
        }
    }

    private sealed class EchoHandler : ConnectionHandler
    {
        public override async Task OnConnectedAsync(ConnectionContext connection)
        {
            PipeReader input = connection.Transport.Input;
            PipeWriter output = connection.Transport.Output;
            while (true)
            {
                ReadResult result = await input.ReadAsync();
                foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                {
                    await output.WriteAsync(segment);
                }

                input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        }
    }
}
