using System.Runtime.InteropServices;
using System.Text;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Http;

/// <summary>Connected stream sockets of the file system.</summary>
internal static unsafe class UnixSocket
{
    /// <exception cref="SystemCallException">Nothing listens there, or it is not allowed.</exception>
    /// <exception cref="CliException">The path is too long for a socket address.</exception>
    internal static FileDescriptor Connect(string path)
    {
        UnixAddress address = Address(path);
        FileDescriptor socket = Create(Constants.SOCK_STREAM);
        while (Libc.Connect(socket, &address, sizeof(UnixAddress)) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Constants.EINTR)
            {
                socket.Dispose();
                throw new SystemCallException($"connect {path}", error);
            }
        }

        return socket;
    }

    internal static FileDescriptor Create(int type)
    {
        int result = Libc.Socket(Constants.AF_UNIX, type | Constants.SOCK_CLOEXEC, 0);
        return result >= 0 ? new FileDescriptor(result) : throw SystemCallException.Last("socket");
    }

    internal static UnixAddress Address(string path)
    {
        var address = new UnixAddress { Family = Constants.AF_UNIX };
        byte[] name = Encoding.UTF8.GetBytes(path);
        if (name.Length >= UnixAddress.PathCapacity)
        {
            throw new CliException($"socket path is longer than {UnixAddress.PathCapacity - 1} bytes: {path}");
        }

        name.CopyTo((Span<byte>)address.Path);
        return address;
    }
}
