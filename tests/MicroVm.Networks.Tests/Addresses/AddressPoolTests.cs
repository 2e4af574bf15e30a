using MicroVm.Networks.Addresses;

namespace MicroVm.Networks.Tests.Addresses;

public sealed class AddressPoolTests
{
    private static readonly Subnet s_small = new(10u << 24, 29);

    [Fact]
    public void EachAddressIsGivenOnceAndTheEndsNever()
    {
        AddressPool pool = new(s_small, s_small, [(10u << 24) + 1]);
        List<uint> given = [];
        while (pool.Take(preferred: null) is { } address)
        {
            given.Add(address - (10u << 24));
        }

        Assert.Equal([2u, 3, 4, 5, 6], given);
        pool.Release((10u << 24) + 4);
        Assert.Equal((10u << 24) + 4, pool.Take(preferred: null));
    }

    [Fact]
    public void AFreedAddressIsNotTheNextOne()
    {
        AddressPool pool = new(s_small, s_small, []);
        uint first = pool.Take(preferred: null)!.Value;
        pool.Release(first);
        Assert.Equal(first + 1, pool.Take(preferred: null));
        Assert.Equal(first, pool.Take(preferred: first));
        Assert.NotEqual(first, pool.Take(preferred: first));
    }

    [Fact]
    public void TheRangeBoundsWhatIsChosenNotWhatIsAskedFor()
    {
        AddressPool pool = new(s_small, new((10u << 24) + 4, 31), []);
        Assert.Equal([(10u << 24) + 4, (10u << 24) + 5, null], (uint?[])[pool.Take(null), pool.Take(null), pool.Take(null)]);
        Assert.True(pool.TryTake((10u << 24) + 2));
        Assert.False(pool.TryTake((10u << 24) + 2));
        Assert.False(pool.TryTake((10u << 24) + 7));
        Assert.False(pool.TryTake((10u << 24) + 8));
    }
}
