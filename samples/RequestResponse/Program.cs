// Requests and responses: many calls at once on one connection, a limit for each, and a client that comes back after a restart.
//   dotnet run --project samples/RequestResponse
if (args.Length > 0)
{
    await Console.Error.WriteLineAsync("RequestResponse takes no arguments.");
    return 2;
}

return await Sample.GuardAsync(Demo.RunAsync);
