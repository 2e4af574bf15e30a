using System.ComponentModel;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using MicroVm.Hypervisor.Jail;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>libvirt's child: a process that becomes what it is told to, with the descriptors that it is sent.</summary>
internal sealed partial class EmulatorChild : IJailEntrant, IDisposable
{
    private readonly Socket _socket;

    private EmulatorChild(Socket socket, int pid, int channel, IReadOnlyList<string> arguments) =>
        (_socket, ProcessId, Channel, Arguments) = (socket, pid, channel, arguments);

    public int ProcessId { get; }

    /// <summary>The number that the agent's channel will have.</summary>
    public int Channel { get; }

    /// <summary>What libvirt would have QEMU do.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <param name="pid">Of the process at the socket's other end.</param>
    /// <param name="words">The channel's number, then libvirt's arguments.</param>
    /// <exception cref="HypervisorException">They are not that.</exception>
    public static EmulatorChild Parse(Socket socket, int pid, string[] words) =>
        int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int channel)
            ? new(socket, pid, channel, words[1..])
            : throw new HypervisorException("mvm-emulator is another version than mvmd: make install");

    public void Become(int namespaces, IReadOnlyList<string> command, IReadOnlyList<SafeHandle> descriptors)
    {
        string[] kept = [.. Arguments.SelectMany(a => OwnDescriptor().Matches(a)).Select(m => m.Groups[1].Value).Distinct()];
        string[] words = [Number(namespaces), Number(kept.Length), .. kept, .. command];
        try
        {
            UnixPeer.Send(_socket, Encoding.UTF8.GetBytes(string.Concat(words.Select(w => w + '\0'))), descriptors);

            // Its end of the socket is closed when it has become the program, and when it could not.
            _socket.Receive(new byte[1]);
        }
        catch (Exception e) when (e is Win32Exception or SocketException)
        {
            throw new HypervisorException("libvirt has ended the VM as it started", e);
        }
    }

    public void Dispose() => _socket.Dispose();

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Of libvirt's monitor.</summary>
    [GeneratedRegex(@"^socket,id=charmonitor,(?:.*,)?fd=([0-9]+)(?:,|$)", RegexOptions.CultureInvariant)]
    private static partial Regex OwnDescriptor();
}
