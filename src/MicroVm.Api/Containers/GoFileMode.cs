namespace MicroVm.Api.Containers;

/// <summary>Go's os.FileMode (https://pkg.go.dev/io/fs#FileMode), as the API has it, and Linux's st_mode.</summary>
public static class GoFileMode
{
    public const uint Directory = 1u << 31;
    public const uint Symlink = 1u << 27;
    public const uint Device = 1u << 26;
    public const uint NamedPipe = 1u << 25;
    public const uint Socket = 1u << 24;
    public const uint SetUid = 1u << 23;
    public const uint SetGid = 1u << 22;
    public const uint CharacterDevice = 1u << 21;
    public const uint Sticky = 1u << 20;

    /// <summary>Every bit that says that it is not a regular file.</summary>
    public const uint Kinds = Directory | Symlink | Device | NamedPipe | Socket | CharacterDevice | (1u << 19);

    private const uint LinuxKinds = 0xF000;

    public static uint FromLinux(uint mode) => (mode & 0x1FF) | KindOf(mode & LinuxKinds)
        | ((mode & 0x800) != 0 ? SetUid : 0) | ((mode & 0x400) != 0 ? SetGid : 0) | ((mode & 0x200) != 0 ? Sticky : 0);

    private static uint KindOf(uint kind) => kind switch
    {
        0x4000 => Directory,
        0xA000 => Symlink,
        0x6000 => Device,
        0x2000 => Device | CharacterDevice,
        0x1000 => NamedPipe,
        0xC000 => Socket,
        _ => 0,
    };
}
