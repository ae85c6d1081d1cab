using System.Text;
using SocketKit;

// How many datagrams per second arrive if they are sent one by one, by batches, and by runs that the kernel cuts?
//   dotnet run --project samples/UdpBatch               for half a second each
//   dotnet run --project samples/UdpBatch -- seconds    for so many seconds each, 1 to 60
const int WrongUsage = 2;
const int MostSeconds = 60;

Console.OutputEncoding = Encoding.UTF8;
switch (args)
{
    case []:
        return await Sample.GuardAsync(() => CompareAsync(TimeSpan.FromMilliseconds(500)));

    case [var text] when Sample.TryPort(text, least: 1, out int seconds) && seconds <= MostSeconds:
        return await Sample.GuardAsync(() => CompareAsync(TimeSpan.FromSeconds(seconds)));

    default:
        await Console.Error.WriteLineAsync($"usage: UdpBatch [SECONDS]. SECONDS is 1 to {MostSeconds}.");
        return WrongUsage;
}

static async Task CompareAsync(TimeSpan each)
{
    using var meter = new Meter();
    Bilingual.WriteLine($"每个数据报 {Meter.Size} 字节", $"datagrams of {Meter.Size} bytes");

    var rates = new List<(string Name, double PerSecond)>
    {
        (Bilingual.Text("逐个", "one by one"), await meter.RunAsync(each, static sender => sender.OneByOne())),
        (Bilingual.Text("批次", "batches"), await meter.RunAsync(each, static sender => sender.Batch())),
        (Bilingual.Text("分段", "runs"), await meter.RunAsync(each, static sender => sender.Run())),
    };

    BarChart.Print(rates, Bilingual.Text("每秒", "per second"));
    Bilingual.WriteLine(
        $"发送方: {meter.SenderCapabilities}, 接收方: {meter.ReceiverCapabilities}",
        $"sender: {meter.SenderCapabilities}, receiver: {meter.ReceiverCapabilities}");
}
