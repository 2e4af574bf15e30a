using MicroVm.Networks.Dns;

namespace MicroVm.Networks.Tests.Dns;

public sealed class GuestShareTests
{
    [Fact]
    public void OneGuestsShareIsNotAnothers()
    {
        GuestShare share = new(2);
        Assert.Equal([true, true, false, false], [share.TryTake(1), share.TryTake(1), share.TryTake(1), share.TryTake(1)]);
        Assert.True(share.TryTake(2));
        share.Release(1);
        Assert.Equal([true, false], [share.TryTake(1), share.TryTake(1)]);
        share.Release(1);
        share.Release(1);
        Assert.Equal([true, true, false], [share.TryTake(1), share.TryTake(1), share.TryTake(1)]);
    }
}
