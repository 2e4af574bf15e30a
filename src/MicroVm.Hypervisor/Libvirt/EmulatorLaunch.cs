using System.Net.Sockets;
using System.Text;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>
/// Waits for the program that libvirt starts for one domain (native/emulator, where the protocol is told), and asks what it is
/// to become.
/// </summary>
internal sealed class EmulatorLaunch(string path) : IDisposable
{
    /// <summary>Names the socket to the program.</summary>
    public const string Variable = "MVM_LAUNCH";

    // As much as the other end can send.
    private const int MaxRequest = 192 << 10;
    private readonly Socket _listener = UnixListener.Open(path, SocketType.Seqpacket);

    public string Path => path;

    /// <exception cref="OperationCanceledException">libvirt has not started it.</exception>
    /// <exception cref="HypervisorException">It is not what it should be.</exception>
    public async Task<EmulatorChild> AcceptAsync(CancellationToken cancellationToken)
    {
        Socket socket = await _listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            int pid = UnixPeer.Of(socket).ProcessId;
            string[] words = await ReadAsync(socket, cancellationToken).ConfigureAwait(false);
            return EmulatorChild.Parse(socket, pid, words);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(path);
    }

    private static async Task<string[]> ReadAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MaxRequest];
        int length = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        return length > 0 && buffer[length - 1] == 0
            ? Encoding.UTF8.GetString(buffer, 0, length - 1).Split('\0')
            : throw new HypervisorException("what libvirt started has not said its arguments");
    }
}
