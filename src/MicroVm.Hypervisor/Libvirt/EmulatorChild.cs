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
    // The channel, and as many taps as there are slots.
    private const int FreeNumbers = 1 + Slot.MaxNetworks;
    private readonly Socket _socket;

    private EmulatorChild(Socket socket, int pid, IReadOnlyList<int> free, IReadOnlyList<string> arguments) =>
        (_socket, ProcessId, Free, Arguments) = (socket, pid, free, arguments);

    public int ProcessId { get; }

    /// <summary>The numbers that the agent's channel and the taps will have.</summary>
    public IReadOnlyList<int> Free { get; }

    /// <summary>What libvirt would have QEMU do.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <param name="pid">Of the process at the socket's other end.</param>
    /// <param name="words">The free numbers, then libvirt's arguments.</param>
    /// <exception cref="HypervisorException">They are not that.</exception>
    public static EmulatorChild Parse(Socket socket, int pid, string[] words) =>
        words.Length >= FreeNumbers && words[..FreeNumbers].Select(Parse).ToList() is var free && !free.Contains(-1)
            ? new(socket, pid, free, words[FreeNumbers..])
            : throw new HypervisorException("mvm-emulator is another version than mvmd: make install");

    public void Become(
        int namespaces, IReadOnlyList<string> command, SafeHandle output, IReadOnlyList<SafeHandle> inherited, IReadOnlyList<SafeHandle> jail)
    {
        string[] kept = [.. Arguments.SelectMany(a => OwnDescriptor().Matches(a)).Select(m => m.Groups[1].Value).Distinct()];
        string[] words = [Number(namespaces), Number(inherited.Count), Number(kept.Length), .. kept, .. command];
        try
        {
            UnixPeer.Send(_socket, Encoding.UTF8.GetBytes(string.Concat(words.Select(w => w + '\0'))), [output, .. inherited, .. jail]);

            // Its end of the socket is closed when it has become the program, and when it could not.
            _socket.Receive(new byte[1]);
        }
        catch (Exception e) when (e is Win32Exception or SocketException)
        {
            throw new HypervisorException("libvirt has ended the VM as it started", e);
        }
    }

    public void Dispose() => _socket.Dispose();

    private static int Parse(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Of libvirt's monitor.</summary>
    [GeneratedRegex(@"^socket,id=charmonitor,(?:.*,)?fd=([0-9]+)(?:,|$)", RegexOptions.CultureInvariant)]
    private static partial Regex OwnDescriptor();
}
