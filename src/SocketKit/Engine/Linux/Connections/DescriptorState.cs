using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>
/// The state of one descriptor in 32 bits, changed by compare-and-swap only. The thread that sets Busy for a direction owns its
/// operation. Callers inside a system call without an operation are counted. The last caller to leave closes the descriptor.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal struct DescriptorState<TStep>
    where TStep : struct, IStep
{
    // Bits 0 to 6 belong to the receive direction; bits 8 to 14 are the same for the send direction (see Direction).

    /// <summary>Bit 0: an edge came since the last attempt, so the next one may succeed.</summary>
    private const int Ready = 1 << 0;

    /// <summary>Bit 1: an operation waits for an edge; the thread that turns this into Busy owns it.</summary>
    private const int Armed = 1 << 1;

    /// <summary>Bit 2: an operation is owned by a thread that attempts, arms or ends it.</summary>
    private const int Busy = 1 << 2;

    /// <summary>Bit 3: the token fired while the operation was busy; it ends instead of arming.</summary>
    private const int Canceled = 1 << 3;

    /// <summary>Bit 4: the direction has ended, so every further attempt returns at once and no edge will come.</summary>
    private const int Over = 1 << 4;

    /// <summary>Bit 5: the armed operation ends with <see cref="ServiceSignal.Ending"/>.</summary>
    private const int EndsOnEnding = 1 << 5;

    /// <summary>Bit 6: the armed operation ends with <see cref="ServiceSignal.Stopping"/>.</summary>
    private const int EndsOnStopping = 1 << 6;

    /// <summary>Bit 7: the service has begun to stop, so operations that use its token for that no longer arm.</summary>
    private const int Stopping = 1 << 7;

    /// <summary>Bit 15: the handlers have to end, so operations that use the token for that no longer arm.</summary>
    private const int Ending = 1 << 15;

    /// <summary>Bit 16: a close has begun; no operation begins and no caller enters.</summary>
    private const int Closing = 1 << 16;

    /// <summary>Bit 17: the last caller has left a closing descriptor, and closes it.</summary>
    private const int Closed = 1 << 17;

    /// <summary>Bits 18 to 31: the number of callers inside.</summary>
    private const int OneUser = 1 << UserShift;
    private const int UserShift = 18;
    private const int AllUsers = ~(OneUser - 1);

    /// <summary>The most callers that fit into the bits, less one for the close.</summary>
    private const int MostUsers = (1 << (32 - UserShift)) - 2;

    private const int Operations = ((Armed | Busy) << (int)Direction.Receive) | ((Armed | Busy) << (int)Direction.Send);

    private int _bits;

    /// <summary>
    /// The state of a new descriptor: nothing is known, so the first attempt of each direction does not wait before its system call.
    /// </summary>
    public static DescriptorState<TStep> Fresh => new() { _bits = (Ready << (int)Direction.Receive) | (Ready << (int)Direction.Send) };

    public readonly bool IsClosing => (Volatile.Read(in _bits) & Closing) != 0;

    /// <summary>Whether the peer has finished or the connection is dead, so that a receive never waits again.</summary>
    public readonly bool IsOver => (Volatile.Read(in _bits) & (Over << (int)Direction.Receive)) != 0;

    public readonly bool IsUnderWay(Direction direction) => (Volatile.Read(in _bits) & ((Armed | Busy) << (int)direction)) != 0;

    /// <summary>Takes the direction for one operation.</summary>
    public BeginOutcome Begin(Direction direction)
    {
        int shift = (int)direction;
        TStep.Take();
        int seen = Volatile.Read(ref _bits);
        while (true)
        {
            if ((seen & Closing) != 0)
            {
                return BeginOutcome.Closing;
            }

            if ((seen & ((Armed | Busy) << shift)) != 0)
            {
                return BeginOutcome.Busy;
            }

            int next = (seen | (Busy << shift)) & ~(Ready << shift);
            if (Exchange(ref seen, next))
            {
                return (seen & ((Ready | Over) << shift)) != 0 ? BeginOutcome.BegunReady : BeginOutcome.Begun;
            }
        }
    }

    /// <summary>
    /// Ends the operation of this direction. True: the caller is the last one inside a closing descriptor, and has to close it.
    /// </summary>
    /// <param name="direction">Which one.</param>
    /// <param name="ready">Whether another attempt may succeed without a new edge.</param>
    public bool End(Direction direction, bool ready)
    {
        int shift = (int)direction;
        TStep.Take();
        int seen = Volatile.Read(ref _bits);
        while (true)
        {
            int next = (seen & ~((Busy | Canceled | EndsOnEnding | EndsOnStopping) << shift)) | (ready ? Ready << shift : 0);
            bool last = CloseIfUnused(ref next);
            if (Exchange(ref seen, next))
            {
                return last;
            }
        }
    }

    /// <summary>
    /// From Busy to Armed, unless an edge came since the last attempt. Once it is armed, the caller must not touch the operation.
    /// </summary>
    /// <param name="direction">Which one.</param>
    /// <param name="signal">The signal with which <see cref="Stop"/> ends the operation.</param>
    public ArmOutcome Arm(Direction direction, ServiceSignal signal)
    {
        int shift = (int)direction;
        (int given, int mark) = BitsOf(signal);
        TStep.Take();
        int seen = Volatile.Read(ref _bits);
        while (true)
        {
            if ((seen & Closing) != 0)
            {
                return ArmOutcome.Closing;
            }

            bool ready = (seen & ((Ready | Over) << shift)) != 0;
            if (!ready && (seen & ((Canceled << shift) | given)) != 0)
            {
                return ArmOutcome.Canceled;
            }

            int next = ready ? seen & ~(Ready << shift) : (seen ^ ((Armed | Busy) << shift)) | (mark << shift);
            if (Exchange(ref seen, next))
            {
                return ready ? ArmOutcome.Ready : ArmOutcome.Armed;
            }
        }
    }

    /// <summary>From Armed to Busy, for the clock. Only one of event, clock, token and close succeeds.</summary>
    public bool Claim(Direction direction)
    {
        TStep.Take();
        int seen = Volatile.Read(ref _bits);
        while (true)
        {
            int next = seen;
            if (!ClaimIn(ref next, direction))
            {
                return false;
            }

            if (Exchange(ref seen, next))
            {
                return true;
            }
        }
    }

    /// <summary>
    /// The operation's token fired. True: the operation was waiting, and the caller has claimed it. False: the operation notices when it
    /// would arm.
    /// </summary>
    public bool Cancel(Direction direction)
    {
        int shift = (int)direction;
        TStep.Take();
        int seen = Volatile.Read(ref _bits);
        while ((seen & ((Armed | Busy) << shift)) != 0)
        {
            bool armed = (seen & (Armed << shift)) != 0;
            int next = armed ? seen ^ ((Armed | Busy) << shift) : seen | (Canceled << shift);
            if (Exchange(ref seen, next))
            {
                return armed;
            }
        }

        return false;
    }

    /// <summary>
    /// Notes a signal of the service. Operations that use its token no longer arm, and the caller has claimed those that were armed.
    /// </summary>
    public Claims Stop(ServiceSignal signal)
    {
        (int given, int mark) = BitsOf(signal);
        TStep.Take();
        int seen = Volatile.Read(ref _bits);
        while (true)
        {
            int next = seen | given;
            Claims claims = ClaimMarkedIn(ref next, mark);
            if (Exchange(ref seen, next))
            {
                return claims;
            }
        }
    }

    /// <summary>
    /// An edge came. Claims the waiting operation of each ready direction for the caller, and notes the edge for a direction without one.
    /// </summary>
    public Claims Signal(EdgeReadiness readiness)
    {
        TStep.Take();
        int seen = Volatile.Read(ref _bits);
        while (true)
        {
            int next = seen;
            Claims claims = Claims.None;
            if ((readiness & EdgeReadiness.Readable) != 0 && Note(ref next, Direction.Receive, (readiness & EdgeReadiness.ReadsOver) != 0))
            {
                claims |= Claims.Receive;
            }

            if ((readiness & EdgeReadiness.Writable) != 0 && Note(ref next, Direction.Send, (readiness & EdgeReadiness.WritesOver) != 0))
            {
                claims |= Claims.Send;
            }

            if (next == seen || Exchange(ref seen, next))
            {
                return claims;
            }
        }
    }

    /// <summary>A caller is about to make a system call outside an operation. False: the connection is closing.</summary>
    /// <exception cref="InvalidOperationException">As many callers are inside as can be counted.</exception>
    public bool TryEnter()
    {
        TStep.Take();
        int seen = Volatile.Read(ref _bits);
        while ((seen & Closing) == 0)
        {
            if ((int)((uint)seen >> UserShift) == MostUsers)
            {
                throw new InvalidOperationException($"More than {MostUsers} calls are inside one connection at a time.");
            }

            if (Exchange(ref seen, seen + OneUser))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The counterpart of <see cref="TryEnter"/>. True: the caller was the last one inside a closing descriptor, and has to close it.
    /// </summary>
    public bool Exit()
    {
        TStep.Take();
        int seen = Volatile.Read(ref _bits);
        while (true)
        {
            int next = seen - OneUser;
            bool last = CloseIfUnused(ref next);
            if (Exchange(ref seen, next))
            {
                return last;
            }
        }
    }

    /// <summary>
    /// Begins the close: from now on no operation begins. The caller has claimed the operations that waited, and counts as inside until
    /// it calls <see cref="Exit"/>. Called once per descriptor.
    /// </summary>
    /// <param name="others">Whether other callers are inside the connection.</param>
    public Claims BeginClose(out bool others)
    {
        TStep.Take();
        int seen = Volatile.Read(ref _bits);
        while (true)
        {
            int next = (seen | Closing) + OneUser;
            Claims claims = ClaimMarkedIn(ref next, Armed);
            if (Exchange(ref seen, next))
            {
                const int busy = (Busy << (int)Direction.Receive) | (Busy << (int)Direction.Send);
                others = (seen & (busy | AllUsers)) != 0;
                return claims;
            }
        }
    }

    /// <summary>The bit that notes the signal, and the bit of a direction whose operation ends with it.</summary>
    private static (int Given, int Mark) BitsOf(ServiceSignal signal) => signal switch
    {
        ServiceSignal.Stopping => (Stopping, EndsOnStopping),
        ServiceSignal.Ending => (Ending, EndsOnEnding),
        _ => (0, 0),
    };

    /// <summary>Claims the operations of both directions that have this mark.</summary>
    private static Claims ClaimMarkedIn(ref int bits, int mark)
    {
        Claims claims = Claims.None;
        if ((bits & (mark << (int)Direction.Receive)) != 0 && ClaimIn(ref bits, Direction.Receive))
        {
            claims |= Claims.Receive;
        }

        if ((bits & (mark << (int)Direction.Send)) != 0 && ClaimIn(ref bits, Direction.Send))
        {
            claims |= Claims.Send;
        }

        return claims;
    }

    private static bool ClaimIn(ref int bits, Direction direction)
    {
        int shift = (int)direction;
        if ((bits & (Armed << shift)) == 0)
        {
            return false;
        }

        bits ^= (Armed | Busy) << shift;
        return true;
    }

    private static bool Note(ref int bits, Direction direction, bool over)
    {
        int shift = (int)direction;
        bits |= over ? Over << shift : 0;
        if (ClaimIn(ref bits, direction))
        {
            return true;
        }

        bits |= Ready << shift;
        return false;
    }

    private static bool CloseIfUnused(ref int next)
    {
        bool last = (next & (Closing | Closed)) == Closing && (next & (AllUsers | Operations)) == 0;
        next |= last ? Closed : 0;
        return last;
    }

    private bool Exchange(ref int seen, int next)
    {
        int found = Interlocked.CompareExchange(ref _bits, next, seen);
        bool done = found == seen;
        seen = found;
        return done;
    }
}
