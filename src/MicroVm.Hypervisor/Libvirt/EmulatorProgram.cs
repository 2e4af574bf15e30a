using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>
/// What libvirt takes for QEMU: a copy of mvm-emulator, and beside it a link to the QEMU that it stands for. libvirt keeps what it
/// has found out of an emulator until that changes: each QEMU that is installed gets a directory of its own.
/// </summary>
internal sealed class EmulatorProgram(string directory, string program)
{
    private readonly Lock _lock = new();

    /// <summary>Its absolute path.</summary>
    /// <param name="qemu">Absolute path of QEMU.</param>
    /// <exception cref="HypervisorException">It is not installed.</exception>
    public string For(string qemu)
    {
        if (!File.Exists(program))
        {
            throw new HypervisorException($"{program}, which libvirt is to start, does not exist: make install");
        }

        string own = Path.Combine(directory, KeyOf(qemu));
        string copy = Path.Combine(own, "mvm-emulator");
        lock (_lock)
        {
            if (!File.Exists(copy))
            {
                Make(own, copy, qemu);
            }
        }

        return copy;
    }

    private void Make(string own, string copy, string qemu)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        Directory.CreateDirectory(own);
        File.CreateSymbolicLink(Path.Combine(own, "qemu"), qemu);
        File.Copy(program, copy + ".new");
        File.SetUnixFileMode(copy + ".new", File.GetUnixFileMode(program));
        File.Move(copy + ".new", copy);
    }

    private string KeyOf(string qemu)
    {
        StringBuilder text = new(qemu);
        foreach (string path in new[] { qemu, program })
        {
            FileInfo file = new(new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path);
            text.Append(CultureInfo.InvariantCulture, $"\0{file.LastWriteTimeUtc.Ticks}\0{file.Length}");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}
