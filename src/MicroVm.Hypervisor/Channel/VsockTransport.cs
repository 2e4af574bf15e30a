using System.ComponentModel;
using System.Net.Sockets;
using MicroVm.Interop.Vsock;

namespace MicroVm.Hypervisor.Channel;

/// <summary>
/// AF_VSOCK to the agent's privileged port. The host's kernel knows each VM by its CID, so that the peer is that VM; the token
/// tells that it is its agent.
/// </summary>
internal sealed class VsockTransport(uint cid) : IAgentTransport
{
    private const uint AgentPort = 1023;
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(3);

    public async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var agent = new VsockEndPoint(cid, AgentPort);
        while (true)
        {
            try
            {
                return await VsockStream.ConnectAsync(agent, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.TimedOut)
            {
                // The guest has booted but its agent does not listen yet, or it has not come so far in two seconds.
                await Task.Delay(s_retry, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or Win32Exception)
            {
                throw new HypervisorException($"the agent channel can't be reached: {e.Message}", e);
            }
        }
    }
}
