using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Tests.Containers;

public sealed class ReconnectPauseTests
{
    private readonly Clock _clock = new();

    [Fact]
    public void TheFirstLossIsMadeUpForAtOnceAndTheNextOnesWaitTwiceAsLongEachUpToASecond()
    {
        ReconnectPause pause = new(_clock);
        Assert.Equal([0, 10, 20, 40, 80, 160, 320, 640, 1000, 1000], Enumerable.Range(0, 10).Select(_ => pause.Next().TotalMilliseconds));
    }

    [Fact]
    public void AConnectionThatLastedIsMadeUpForAtOnceAgain()
    {
        ReconnectPause pause = new(_clock);
        _ = (pause.Next(), pause.Next());
        _clock.Milliseconds += 9_999;
        Assert.Equal(20, pause.Next().TotalMilliseconds);
        _clock.Milliseconds += 10_000;
        Assert.Equal(0, pause.Next().TotalMilliseconds);
        Assert.Equal(10, pause.Next().TotalMilliseconds);
    }

    private sealed class Clock : TimeProvider
    {
        public long Milliseconds { get; set; } = 1_000_000;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Milliseconds;
    }
}
