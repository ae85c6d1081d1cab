using SocketKit.IntegrationTests.Kit;
using SocketKit.Sockets.Serving;

namespace SocketKit.Tests.Serving;

/// <summary>The table of running handlers, and who waits for it to be empty, or not full.</summary>
public sealed class HandlerTableTests
{
    [Fact]
    public void What_was_added_and_not_removed_is_in_the_snapshot()
    {
        var random = new Random(1);
        var table = new HandlerTable<Entry>(int.MaxValue, TimeProvider.System);
        var expected = new List<Entry>();
        for (int i = 0; i < 5000; i++)
        {
            // It grows, then shrinks.
            if (expected.Count == 0 || random.Next(100) < (i < 2500 ? 70 : 30))
            {
                var entry = new Entry();
                table.TryAdd(entry).Should().BeTrue();
                expected.Add(entry);
            }
            else
            {
                int index = random.Next(expected.Count);
                table.Remove(expected[index]);
                expected.RemoveAt(index);
            }
        }

        table.Count.Should().Be(expected.Count);
        table.Snapshot().ToHashSet().SetEquals(expected).Should().BeTrue();
    }

    [Fact]
    public async Task There_is_room_again_when_one_of_a_full_table_has_left_or_the_table_closes()
    {
        var table = new HandlerTable<Entry>(2, TimeProvider.System);
        var first = new Entry();
        table.TryAdd(first).Should().BeTrue();
        table.RoomAsync().IsCompleted.Should().BeTrue();
        table.TryAdd(new Entry()).Should().BeTrue();
        table.TryAdd(new Entry()).Should().BeFalse();

        Task room = table.RoomAsync();
        room.IsCompleted.Should().BeFalse();
        table.RoomAsync().Should().BeSameAs(room);
        table.Remove(first);
        await room.Within();
        table.TryAdd(first).Should().BeTrue();

        room = table.RoomAsync();
        room.IsCompleted.Should().BeFalse();
        table.Close();
        await room.Within();
        table.RoomAsync().IsCompleted.Should().BeTrue("a closed table lets nobody wait");
    }

    [Fact]
    public async Task Whoever_waits_for_all_but_one_need_not_wait_for_that_one()
    {
        var table = new HandlerTable<Entry>(10, TimeProvider.System);
        Entry[] entries = [new(), new(), new()];
        Array.ForEach(entries, entry => table.TryAdd(entry));
        Task<bool> others = table.EndedAsync(entries[1], Limits.Hang, CancellationToken.None);
        Task<bool> all = table.EndedAsync(null, Limits.Hang, CancellationToken.None);

        table.Remove(entries[0]);
        others.IsCompleted.Should().BeFalse();
        table.Remove(entries[2]);

        (await others.Within()).Should().BeTrue();
        all.IsCompleted.Should().BeFalse();
        table.Remove(entries[1]);
        (await all.Within()).Should().BeTrue();
    }

    private sealed class Entry : HandlerTable<Entry>.Node;
}
