namespace SocketKit.Tests.Schedules;

/// <summary>Who goes on.</summary>
internal interface IChoice
{
    /// <summary>One of those who can go on; never called with none.</summary>
    Part Next(List<Part> ready);
}
