namespace MicroVm.Engine.Containers;

/// <summary>When a container that ended is started again (https://docs.docker.com/engine/containers/start-containers-automatically/).</summary>
public enum RestartMode
{
    No,

    /// <summary>Whatever its exit code; one that was stopped by hand again when the daemon starts.</summary>
    Always,

    /// <summary>As <see cref="Always"/>, but one that was stopped by hand stays so.</summary>
    UnlessStopped,

    /// <summary>After an exit code other than 0; not when the daemon starts.</summary>
    OnFailure,
}

/// <param name="MaximumRetries">Of <see cref="RestartMode.OnFailure"/>; 0: without end.</param>
public sealed record RestartPolicy(RestartMode Mode, int MaximumRetries = 0)
{
    public static RestartPolicy No { get; } = new(RestartMode.No);

    /// <summary>Whether it is started again after an end that nobody asked for.</summary>
    /// <param name="restarts">How often in a row it has been.</param>
    internal bool AppliesAfterExit(int exitCode, int restarts) => Mode switch
    {
        RestartMode.Always or RestartMode.UnlessStopped => true,
        RestartMode.OnFailure => exitCode != 0 && (MaximumRetries == 0 || restarts < MaximumRetries),
        _ => false,
    };

    /// <summary>Whether one that ran before is started when the daemon starts.</summary>
    internal bool AppliesAtDaemonStart(bool wasStopped) =>
        Mode == RestartMode.Always || (Mode == RestartMode.UnlessStopped && !wasStopped);
}
