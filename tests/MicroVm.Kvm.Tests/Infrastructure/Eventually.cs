namespace MicroVm.Kvm.Tests.Infrastructure;

/// <summary>Waits for what has no event to wait for, as long as a slow machine may take.</summary>
public static class Eventually
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    public static async Task<T> SucceedsAsync<T>(Func<Task<T>> attempt)
    {
        DateTime end = DateTime.UtcNow + s_limit;
        while (true)
        {
            try
            {
                return await attempt();
            }
            catch (Exception) when (DateTime.UtcNow < end)
            {
                await Task.Delay(s_pause);
            }
        }
    }

    public static Task IsTrueAsync(Func<Task<bool>> condition, string what) => SucceedsAsync(async () =>
    {
        Assert.True(await condition(), what);
        return true;
    });
}
