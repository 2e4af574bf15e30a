namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>Waits for what comes in its own time; a minute is long enough on any host.</summary>
public static class Eventually
{
    public static async Task TrueAsync(Func<bool> condition)
    {
        for (int attempt = 0; !condition(); attempt++)
        {
            Assert.True(attempt < 1200, "not within a minute");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
