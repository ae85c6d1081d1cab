using System.Runtime.CompilerServices;
using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>
/// A loop that only ever runs what it is given, on the caller's thread. It counts who wants to take it over, and lets nobody.
/// </summary>
internal sealed class HeldLoop : LoopCore<FreeStep>
{
    private bool _hasRun;

    public int Requests { get; private set; }

    protected override bool IsStopping => _hasRun;

    public void Enter(Action userCode)
    {
        _hasRun = false;
        Continue(
            new GuardedItem(static what => throw new InvalidOperationException(what), new UserItem(userCode), new StrongBox<Pace>()));
        Run();
    }

    public override void TakeOver(long entered) => Requests++;

    protected override void OnRunning()
    {
    }

    protected override void OnEvent(int index)
    {
    }

    protected override void Sweep() => _hasRun = true;

    protected override int Wait() => 0;

    protected override bool MayRunHere(ILoopWork work) => true;

    protected override bool IsToBeTimed(ref Pace pace) => false;

    protected override void ExecuteTimed(ILoopWork work, ExecutionContext? clean, ref Pace pace, bool works) => Execute(work, clean);

    protected override void OnEntered(long entered, bool isShared)
    {
    }
}
