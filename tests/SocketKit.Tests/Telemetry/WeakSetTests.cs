using System.Runtime.CompilerServices;
using SocketKit.Telemetry;

namespace SocketKit.Tests.Telemetry;

public sealed class WeakSetTests
{
    private readonly WeakSet<Item> _set = new();

    [Fact]
    public void Items_come_and_go_in_any_order()
    {
        var random = new Random(7);
        var expected = new List<Item>();
        for (int i = 0; i < 2000; i++)
        {
            if (expected.Count == 0 || random.Next(5) < 3 == i < 1500)
            {
                var item = new Item();
                _set.Add(item);
                expected.Add(item);
            }
            else
            {
                Item item = expected[random.Next(expected.Count)];
                _set.Remove(item).Should().BeTrue();
                _set.Remove(item).Should().BeFalse("it is out");
                expected.Remove(item);
            }
        }

        _set.All().Should().BeEquivalentTo(expected);
        _set.Count.Should().Be(expected.Count);
    }

    [Fact]
    public void An_item_is_not_kept_alive()
    {
        WeakReference item = AddOne();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        item.IsAlive.Should().BeFalse();
        _set.All().Should().BeEmpty();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference AddOne()
    {
        var item = new Item();
        _set.Add(item);
        return new WeakReference(item);
    }

    internal sealed class Item : WeakSet<Item>.Node;
}
