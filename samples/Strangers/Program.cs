// A server that strangers may talk to: who is let in, who may stay, and what it has counted in the end.
//   dotnet run --project samples/Strangers
if (args.Length > 0)
{
    await Console.Error.WriteLineAsync("Strangers takes no arguments.");
    return 2;
}

return await Sample.GuardAsync(static async () =>
{
    await Doors.ShowAsync();
    await Clocks.ShowAsync();
});
