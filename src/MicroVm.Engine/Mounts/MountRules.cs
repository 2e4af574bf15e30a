using MicroVm.Engine.Guest;
using MicroVm.Interop.Posix;

namespace MicroVm.Engine.Mounts;

/// <summary>What one mount may be, in Docker's words.</summary>
internal static class MountRules
{
    /// <summary>A path with more does not fit a message to the guest.</summary>
    private const int MaxPath = 4000;

    // S_IFMT, S_IFSOCK
    private const uint FileType = 0xf000;
    private const uint Socket = 0xc000;

    /// <summary>Throws <see cref="EngineException"/> (Invalid).</summary>
    public static void Check(MountRequest mount)
    {
        Require(mount, mount.Target.Length > 0, "field Target must not be empty");
        Require(mount, mount.Target.StartsWith('/'), $"invalid mount path: '{OneLine.Of(mount.Target, 256)}' mount path must be absolute");
        TmpfsOptions.ValidateTarget(mount.Target);
        Require(mount, IsText(mount.Target) && IsText(mount.Source) && IsText(mount.Subpath), "a path is too long, or has a NUL in it");
        switch (mount.Type)
        {
            case ContainerMount.Bind:
                CheckBind(mount);
                break;
            case ContainerMount.Volume:
                CheckVolume(mount);
                break;
            default:
                throw Invalid(mount, "mount type unknown");
        }
    }

    /// <summary>Of the host's side.</summary>
    public static void CheckSource(MountRequest mount)
    {
        if (!mount.CreatesSource && !Path.Exists(mount.Source))
        {
            throw Invalid(mount, $"bind source path does not exist: {OneLine.Of(mount.Source, 512)}");
        }

        // Its other end is a process of the host: a guest's kernel knows nothing of it.
        Require(mount, !IsSocket(mount.Source), $"{OneLine.Of(mount.Source, 512)} is a socket, which a virtual machine can't share with its host");
    }

    private static void CheckBind(MountRequest mount)
    {
        Require(mount, mount.Source.Length > 0, "field Source must not be empty");
        Require(mount, mount.Source.StartsWith('/'), $"invalid mount path: '{OneLine.Of(mount.Source, 256)}' mount path must be absolute");
        Require(mount, mount.Propagation.Length == 0 || BindText.IsPropagation(mount.Propagation), $"invalid propagation mode: {OneLine.Of(mount.Propagation, 32)}");
    }

    private static void CheckVolume(MountRequest mount)
    {
        Require(mount, mount.Source.Length > 0 || !mount.ReadOnly, "must not set ReadOnly mode when using anonymous volumes");
        Require(mount, mount.Source.Length > 0 || mount.Subpath.Length == 0, "must not set Subpath when using anonymous volumes");
        bool isInside = !mount.Subpath.StartsWith('/') && !mount.Subpath.Split('/').Contains("..");
        Require(mount, isInside, "subpath must be a relative path within the volume");
    }

    private static bool IsSocket(string path) => Path.Exists(path) && (FileOwner.Of(path).Mode & FileType) == Socket;

    private static bool IsText(string path) => path.Length <= MaxPath && !path.Contains('\0', StringComparison.Ordinal);

    private static void Require(MountRequest mount, bool condition, string message)
    {
        if (!condition)
        {
            throw Invalid(mount, message);
        }
    }

    private static EngineException Invalid(MountRequest mount, string message) =>
        new(EngineErrorKind.Invalid, $"invalid mount config for type \"{OneLine.Of(mount.Type, 32)}\": {message}");
}
