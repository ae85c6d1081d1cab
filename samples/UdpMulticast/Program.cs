using System.Text;

// Groups: one sender, any number of receivers that have joined. Two terminals, or two machines of one network:
//   dotnet run --project samples/UdpMulticast                                        both sides here, on loopback
//   dotnet run --project samples/UdpMulticast -- receive 239.255.81.27 8127          joins the group on the interface of the routing table
//   dotnet run --project samples/UdpMulticast -- send 239.255.81.27 8127             sends each line of its input to the group
// For both: -i eth0 chooses the interface. For receive: -s 192.0.2.1 hears this sender only, -c 5 ends after five datagrams. For send:
// -t 4 lets them pass up to three routers (1 by default, this network), --no-loopback keeps them from this machine.
Console.OutputEncoding = Encoding.UTF8;

return Arguments.TryParse(args, out Arguments? wanted)
    ? await Sample.GuardAsync(() => wanted switch
    {
        { Verb: "receive" } => Receiver.RunAsync(wanted),
        { Verb: "send" } => Sender.RunAsync(wanted),
        _ => Demonstration.RunAsync(),
    })
    : Arguments.Refuse();
