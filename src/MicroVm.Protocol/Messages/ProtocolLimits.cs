namespace MicroVm.Protocol.Messages;

/// <summary>Bounds that both ends enforce. Part of the protocol: a change is a new version.</summary>
public static class ProtocolLimits
{
    public const uint Version = 1;

    /// <summary>Largest payload of a frame to the guest, bytes (a Start with a large environment).</summary>
    public const int MaxFrameToGuest = 4 * 1024 * 1024;

    /// <summary>Largest payload of a frame to the host, bytes.</summary>
    public const int MaxFrameToHost = 128 * 1024;

    /// <summary>Largest Data.Bytes.</summary>
    public const int MaxData = 64 * 1024;

    /// <summary>Deepest nesting of arrays.</summary>
    public const int MaxDepth = 4;

    /// <summary>AF_VSOCK port the agent listens on; privileged (below 1024), so only root in the guest can bind it.</summary>
    public const uint VsockPort = 1023;

    /// <summary>Name of the virtio-serial port that carries the channel where vsock is missing.</summary>
    public const string SerialPortName = "mvm.agent";

    /// <summary>fw_cfg file with the VM's token (32 bytes).</summary>
    public const string TokenFile = "opt/mvm/token";
}
