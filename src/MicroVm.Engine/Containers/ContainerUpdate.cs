namespace MicroVm.Engine.Containers;

/// <summary>What is to change about a container; null leaves it.</summary>
/// <param name="Memory">Bytes.</param>
/// <param name="NanoCpus">Billionths of a CPU.</param>
/// <param name="ProcessLimit">0: no limit.</param>
public sealed record ContainerUpdate(long? Memory, long? NanoCpus, long? ProcessLimit, RestartPolicy? Restart)
{
    internal ContainerSpec Apply(ContainerSpec spec) => spec with
    {
        Memory = Memory ?? spec.Memory,
        NanoCpus = NanoCpus ?? spec.NanoCpus,
        ProcessLimit = ProcessLimit ?? spec.ProcessLimit,
        Restart = Restart ?? spec.Restart,
    };
}
