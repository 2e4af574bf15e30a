using System.ComponentModel;
using System.Globalization;
using System.Security.Cryptography;
using MicroVm.Interop.Vsock;

namespace MicroVm.Hypervisor.Channel;

/// <summary>
/// AF_VSOCK to the agent's privileged port. The host's kernel sets a guest's CID, so that the peer is that VM; the token
/// tells that it is its agent.
/// </summary>
internal sealed class VsockTransport(uint cid) : IAgentTransport
{
    private const uint AgentPort = 1023;
    private const int NoDevice = 19;          // ENODEV: the guest's driver is not up
    private const int ConnectionReset = 104;  // ECONNRESET: nobody listens yet
    private const int TimedOut = 110;
    private const int ConnectionRefused = 111;
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(3);

    /// <summary>A random CID: vhost-vsock refuses one that is taken, and of four billion hardly one is.</summary>
    public static uint TakeCid(string path)
    {
        uint cid = (uint)RandomNumberGenerator.GetInt32(1 << 16, int.MaxValue);
        File.WriteAllText(path, cid.ToString(CultureInfo.InvariantCulture));
        return cid;
    }

    public async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await Task.Run(() => VsockStream.Connect(cid, AgentPort), cancellationToken).ConfigureAwait(false);
            }
            catch (Win32Exception e) when (e.NativeErrorCode is NoDevice or ConnectionReset or TimedOut or ConnectionRefused)
            {
                await Task.Delay(s_retry, cancellationToken).ConfigureAwait(false);
            }
            catch (Win32Exception e)
            {
                throw new HypervisorException($"the agent channel can't be reached: {e.Message}", e);
            }
        }
    }
}
