using System.Runtime.InteropServices;

namespace MicroVm.Cli.Interop;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, EntryPoint = "tcgetattr", SetLastError = true)]
    internal static partial int GetTerminalAttributes(FileDescriptor terminal, Termios* attributes);

    [LibraryImport(Library, EntryPoint = "tcsetattr", SetLastError = true)]
    internal static partial int SetTerminalAttributes(FileDescriptor terminal, int actions, Termios* attributes);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int GetWindowSize(FileDescriptor terminal, nuint request, WindowSize* size);
}
