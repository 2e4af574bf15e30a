using System.ComponentModel;
using System.Globalization;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Posix;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>What a domain has in its VM's runtime directory.</summary>
/// <param name="Log">What libvirt in this process has to say of it; null: that is another's.</param>
internal sealed record DomainFiles(VmPaths Paths, string? Log)
{
    /// <summary>QEMU's own note.</summary>
    public string Pid => Path.Combine(Paths.Directory, "qemu.pid");

    /// <summary>What QEMU finds when it starts.</summary>
    public void Create(byte[] token)
    {
        Remove();
        QemuHypervisor.WriteToken(Paths.Token, token);
        NamedPipe.Create(Paths.ConsoleOutput);
        NamedPipe.Create(Paths.ConsoleInput);
    }

    /// <summary>The process that QEMU says it is, noted for a daemon that comes later.</summary>
    /// <exception cref="HypervisorException">It has ended already.</exception>
    public (int Id, PidFd Process) Note()
    {
        PidFd? process = null;
        try
        {
            int pid = int.Parse(File.ReadAllText(Pid).Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
            process = PidFd.Open(pid);
            ProcessIdentity.Of(pid).Write(Paths.Process);
            OutOfMemoryScore.MakeVictim(pid);
            return (pid, process);
        }
        catch (Exception e)
        {
            process?.Dispose();
            throw e is FileNotFoundException or FormatException or Win32Exception ? new HypervisorException("the VM ended as it started", e) : e;
        }
    }

    public void Remove()
    {
        Paths.Remove();
        File.Delete(Pid);
    }

    /// <summary>Once libvirt is done with the domain.</summary>
    public void RemoveLog()
    {
        if (Log is not null)
        {
            File.Delete(Log);
        }
    }
}
