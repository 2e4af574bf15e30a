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

    /// <summary>Deepest nesting of arrays (and maps, in fields of a later version); the message itself is 1.</summary>
    public const int MaxDepth = 8;

    /// <summary>Processes a guest keeps: started and not forgotten.</summary>
    public const int MaxProcesses = 1024;

    /// <summary>What is told of a process's own text, bytes.</summary>
    public const int MaxProcessText = 1024;

    /// <summary>Bounds of Hello.Window, bytes.</summary>
    public const int MinWindow = 4096;

    public const int MaxWindow = 1024 * 1024;

    /// <summary>
    /// Bytes each end sends before its first frame: <see cref="PreambleMagic"/>, then the host's nonce (which the guest
    /// echoes).
    /// </summary>
    public const int PreambleSize = 24;

    /// <summary>
    /// First eight bytes of a preamble, big-endian. As a frame's length it is over every limit, so that it can't be
    /// taken for a frame.
    /// </summary>
    public const ulong PreambleMagic = 0xFF6D766D0D0A1A00;

    /// <summary>AF_VSOCK port the agent listens on; privileged (below 1024), so only root in the guest can bind it.</summary>
    public const uint VsockPort = 1023;

    /// <summary>Name of the virtio-serial port that carries the channel where vsock is missing.</summary>
    public const string SerialPortName = "mvm.agent";

    /// <summary>
    /// Tag of the virtiofs device whose root holds what the host shares, each a directory or file named by its number, from 0.
    /// </summary>
    public const string ShareTag = "mvm";

    /// <summary>fw_cfg file with the VM's token (32 bytes).</summary>
    public const string TokenFile = "opt/mvm/token";
}
