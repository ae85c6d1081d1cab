namespace SocketKit.Tests.Schedules;

/// <summary>Ends the actors of a schedule that has failed; never seen outside.</summary>
internal sealed class ScheduleOverException() : Exception("The schedule has failed already; this only ends its actors.");
