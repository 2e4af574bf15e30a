using System.Net.Sockets;

namespace MicroVm.Hypervisor.Channel;

/// <summary>
/// A virtio-serial port on a Unix socket that listens before QEMU runs: connecting succeeds at once, and what is sent
/// waits until the guest reads. Who may connect, the file's permissions say.
/// </summary>
internal sealed class SerialTransport(string path) : IAgentTransport
{
    public async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception e)
        {
            socket.Dispose();
            throw e is SocketException ? new HypervisorException($"the agent channel can't be reached: {e.Message}", e) : e;
        }
    }
}
