using System.ComponentModel;
using System.Runtime.InteropServices;

namespace MicroVm.Interop.Posix;

/// <summary>Whose a file is (statx(2), lchown(2)).</summary>
/// <param name="Mode">Type and permissions, as in <c>st_mode</c>.</param>
public sealed partial record FileOwner(uint User, uint Group, uint Mode)
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const uint BasicStatistics = 0x7ff; // STATX_BASIC_STATS
    private const int StatxSize = 256;

    // Offsets in struct statx.
    private const int UserOffset = 20;
    private const int GroupOffset = 24;
    private const int ModeOffset = 28;
    private const int BlocksOffset = 48;
    private const int BlockSize = 512;

    /// <summary>Links are followed.</summary>
    /// <exception cref="IOException">There is no such file, or it can't be reached.</exception>
    public static unsafe FileOwner Of(string path)
    {
        byte* buffer = stackalloc byte[StatxSize];
        if (Statx(CurrentDirectory, path, 0, BasicStatistics, buffer) != 0)
        {
            throw LastError(path);
        }

        return new(*(uint*)(buffer + UserOffset), *(uint*)(buffer + GroupOffset), *(ushort*)(buffer + ModeOffset));
    }

    /// <summary>Bytes that a file takes on its disk: of a sparse one less than its length.</summary>
    /// <exception cref="IOException">There is no such file, or it can't be reached.</exception>
    public static unsafe long AllocatedBytes(string path)
    {
        byte* buffer = stackalloc byte[StatxSize];
        return Statx(CurrentDirectory, path, 0, BasicStatistics, buffer) == 0
            ? *(long*)(buffer + BlocksOffset) * BlockSize
            : throw LastError(path);
    }

    /// <summary>Gives the file itself, not what a link names, to a user and a group.</summary>
    /// <exception cref="IOException">It can't be given away.</exception>
    public static void Change(string path, uint user, uint group)
    {
        if (ChangeOwner(path, user, group) != 0)
        {
            throw LastError(path);
        }
    }

    private static IOException LastError(string path)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new($"{new Win32Exception(errno).Message}: '{path}'", errno);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
