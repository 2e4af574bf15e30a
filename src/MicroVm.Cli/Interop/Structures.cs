using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroVm.Cli.Interop;

/// <summary>struct termios of the C library (asm-generic bits/termios-struct.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Termios
{
    internal uint InputFlags;
    internal uint OutputFlags;
    internal uint ControlFlags;
    internal uint LocalFlags;
    internal byte Line;
    internal fixed byte ControlCharacters[32];
    internal uint InputSpeed;
    internal uint OutputSpeed;
}

/// <summary>struct winsize (asm-generic/termios.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WindowSize
{
    internal ushort Rows;
    internal ushort Columns;
    internal ushort PixelWidth;
    internal ushort PixelHeight;
}

/// <summary>struct pollfd (poll(2)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    internal int Descriptor;
    internal short Events;
    internal short Returned;
}

/// <summary>struct sockaddr_un (unix(7)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UnixAddress
{
    internal const int PathCapacity = 108;

    internal ushort Family;
    internal UnixPath Path;

    [InlineArray(PathCapacity)]
    internal struct UnixPath
    {
        private byte _first;
    }
}
