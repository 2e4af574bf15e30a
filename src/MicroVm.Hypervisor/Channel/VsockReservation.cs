using System.ComponentModel;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using MicroVm.Interop.Vsock;

namespace MicroVm.Hypervisor.Channel;

/// <summary>
/// A CID that no other VM of the host has, whoever runs it: the kernel refuses one that is taken. It stays ours as long as the
/// device is open, here or in the VMM that inherits it.
/// </summary>
internal sealed record VsockReservation(uint Cid, SafeFileHandle Device) : IDisposable
{
    private const int Attempts = 100;

    // Above what people give by hand; of two billion hardly one is taken.
    private const int First = 1 << 16;

    /// <exception cref="HypervisorException">The device can't be used.</exception>
    public static VsockReservation Take() => Take(() => (uint)RandomNumberGenerator.GetInt32(First, int.MaxValue));

    internal static VsockReservation Take(Func<uint> choose)
    {
        try
        {
            for (int attempt = 0; attempt < Attempts; attempt++)
            {
                uint cid = choose();
                if (VhostVsock.TryTake(cid) is { } device)
                {
                    return new(cid, device);
                }
            }
        }
        catch (Win32Exception e)
        {
            throw new HypervisorException($"{VhostVsock.Device}: {e.Message}", e);
        }

        throw new HypervisorException($"{VhostVsock.Device}: no free CID in {Attempts} attempts");
    }

    /// <summary>Notes the CID for a daemon that comes later.</summary>
    public void Write(string path) => File.WriteAllText(path, Cid.ToString(CultureInfo.InvariantCulture));

    /// <summary>Null where the VM has another channel.</summary>
    public static uint? Read(string path) =>
        File.Exists(path) && uint.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out uint cid) ? cid : null;

    public void Dispose() => Device.Dispose();
}
