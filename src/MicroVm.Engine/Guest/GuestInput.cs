using MicroVm.Engine.Stdio;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Guest;

/// <summary>Stdin of the container's process.</summary>
internal sealed class GuestInput(InputStream input) : IGuestInput
{
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        input.WriteAsync(bytes, cancellationToken);

    public void End() => input.End();

    /// <summary>The same stdin over a new connection.</summary>
    public GuestInput Resume(AgentConnection connection, ProcessState process)
    {
        connection.ResumeInput(input, process);
        return this;
    }
}
