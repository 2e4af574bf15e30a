using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Jail;

internal static class DeviceGroup
{
    private const uint OthersReadAndWrite = 6;

    /// <summary>The group that a user must have to open a device; null when everyone may.</summary>
    public static uint? Needed(string path)
    {
        FileOwner owner = FileOwner.Of(path);
        return (owner.Mode & OthersReadAndWrite) == OthersReadAndWrite ? null : owner.Group;
    }
}
