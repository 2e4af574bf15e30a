namespace MicroVm.Engine.Guest;

/// <summary>The addresses of QEMU's user-mode network (libslirp's defaults).</summary>
internal static class UserNetwork
{
    public const string Address = "10.0.2.15";
    public const int PrefixLength = 24;
    public const string Gateway = "10.0.2.2";
    public const string NameServer = "10.0.2.3";
}
