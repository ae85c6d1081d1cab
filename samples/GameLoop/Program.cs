using System.Text;
using SocketKit;

// A game server that keeps to one thread and to its frames: 500 players without async, and without a thread for each.
//   dotnet run --project samples/GameLoop                            the world and its players here, on a free port
//   dotnet run --project samples/GameLoop -- server [port]           in one terminal (12345); ends with Ctrl+C
//   dotnet run --project samples/GameLoop -- client [host] [port]    500 players, in another one
const int DefaultPort = 12345;
const int Players = 500;

Console.OutputEncoding = Encoding.UTF8;
return await Sample.RunAsync(
    args,
    DefaultPort,
    both: PlayBothAsync,
    server: port => Task.Run(() => Serve(port)),
    client: (host, port) => Task.Run(() => Play(host, port)));

static async Task PlayBothAsync()
{
    using TcpServer server = Listen(0);
    using var world = new World(server);
    using var crowd = new Crowd();
    Task joining = Task.Run(() => crowd.Join("localhost", server.Port, Players));
    world.Run(() => joining.IsFaulted || world.Population == Players);
    await joining;
    world.Compare();

    Task playing = Task.Run(crowd.Play);
    world.Run(() => playing.IsFaulted || world.Population == 0);
    await playing;
    world.Report();
}

static void Serve(int port)
{
    using TcpServer server = Listen(port);
    using var world = new World(server);
    world.Run(static () => false);
}

static void Play(string host, int port)
{
    using var crowd = new Crowd();
    crowd.Join(host, port, Players);
    crowd.Play();
}

static TcpServer Listen(int port)
{
    TcpServer server = TcpServer.Listen("localhost", port);
    Bilingual.WriteLine($"[世界] 正在监听... 端口:{server.Port}", $"[world] listening... port:{server.Port}");
    return server;
}
