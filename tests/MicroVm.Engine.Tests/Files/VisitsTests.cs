using MicroVm.Engine.Files;

namespace MicroVm.Engine.Tests.Files;

/// <summary>How long a virtual machine stays for its files.</summary>
public sealed class VisitsTests
{
    [Fact]
    public async Task WhoIsInStaysInAndNobodyElseEnters()
    {
        Visits visits = new();
        Assert.True(visits.TryEnter());
        Assert.True(visits.TryEnter());
        visits.Close();
        Assert.False(visits.TryEnter());
        visits.Leave();
        Assert.False(visits.Over.IsCompleted);
        visits.Leave();
        await visits.Over;
    }

    [Fact]
    public async Task ItEndsByItselfWhenNobodyComes()
    {
        Visits unvisited = new();
        unvisited.CloseLater();
        Visits left = new();
        Assert.True(left.TryEnter());
        left.Leave();
        await Task.WhenAll(unvisited.Over, left.Over);
        Assert.False(unvisited.TryEnter() || left.TryEnter());
    }

    [Fact]
    public async Task WhoComesInTimeKeepsIt()
    {
        Visits visits = new();
        visits.CloseLater();
        Assert.True(visits.TryEnter());
        Visits other = new();
        other.CloseLater();
        await other.Over;
        Assert.False(visits.Over.IsCompleted);
        visits.Leave();
        await visits.Over;
    }
}
