using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>What the host says in Hello.</summary>
public sealed record AgentConnectionOptions
{
    /// <summary>The VM's token, 32 bytes.</summary>
    public required byte[] Token { get; init; }

    /// <summary>Bytes of one stream that may be unacknowledged; the same on every connection to a VM.</summary>
    public int Window { get; init; } = 256 * 1024;

    /// <summary>False leaves the guest's clock as it is.</summary>
    public bool SetClock { get; init; } = true;

    internal void Validate()
    {
        if (Token.Length != 32 || Window is < ProtocolLimits.MinWindow or > ProtocolLimits.MaxWindow)
        {
            throw new ArgumentException("A token has 32 bytes, and a window the protocol's bounds.");
        }
    }
}
