namespace MicroVm.Hypervisor.Channel;

/// <summary>What carries the agent channel.</summary>
internal interface IAgentTransport
{
    /// <summary>A new connection, as soon as the guest's side can take it.</summary>
    Task<Stream> ConnectAsync(CancellationToken cancellationToken);
}
