using System.Runtime.InteropServices;

namespace MicroVm.Cli.Interop;

/// <summary>struct statx (linux/stat.h), as far as it is used; 256 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    [FieldOffset(0x10)]
    internal uint Links;
    [FieldOffset(0x14)]
    internal uint UserId;
    [FieldOffset(0x18)]
    internal uint GroupId;
    [FieldOffset(0x1c)]
    internal ushort Mode;
    [FieldOffset(0x20)]
    internal ulong Inode;
    [FieldOffset(0x28)]
    internal ulong Size;
    [FieldOffset(0x70)]
    internal long ModifiedSeconds;
    [FieldOffset(0x78)]
    internal uint ModifiedNanoseconds;
    [FieldOffset(0x80)]
    internal uint RawDeviceMajor;
    [FieldOffset(0x84)]
    internal uint RawDeviceMinor;
    [FieldOffset(0x88)]
    internal uint DeviceMajor;
    [FieldOffset(0x8c)]
    internal uint DeviceMinor;

    internal const ushort KindMask = 0xF000;

    internal readonly bool IsDirectory => (Mode & KindMask) == 0x4000;

    internal readonly bool IsRegular => (Mode & KindMask) == 0x8000;

    internal readonly bool IsDevice => (Mode & KindMask) is 0x2000 or 0x6000;

    internal readonly bool IsSymlink => (Mode & KindMask) == 0xA000;
}

/// <summary>struct timespec of x86-64.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    internal const long Now = (1 << 30) - 1; // UTIME_NOW

    internal long Seconds;
    internal long Nanoseconds;
}
