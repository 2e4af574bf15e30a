using System.Net.Sockets;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Posix;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Shares;

/// <summary>Starts a virtiofsd for each VM that shares directories or files with the host, and finds those of an earlier daemon.</summary>
internal sealed class ShareServers
{
    private const int SigKill = 9;
    private static readonly string[] s_places = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"];
    private readonly HypervisorOptions _options;
    private readonly VmmJail? _jail;

    /// <param name="jail">Of the VMMs; null: there is none.</param>
    public ShareServers(HypervisorOptions options, VmmJail? jail)
    {
        _options = options;
        _jail = jail?.For(Path.Combine(options.Directory, "programs-virtiofsd"), Find);
    }

    /// <summary>Where the distribution has it; null: nowhere.</summary>
    public static string? Installed => s_places.FirstOrDefault(File.Exists) ?? HostProgram.Find("virtiofsd");

    /// <summary>One that waits to be released; null for a VM that shares nothing.</summary>
    /// <param name="limits">Of the VM's control group, which is its own, too: it does what the guest asks for, in the guest's memory.</param>
    /// <exception cref="HypervisorException">The host lacks what it needs, or what is to be shared is not there.</exception>
    public ShareServer? Start(VmSpec spec, VmPaths paths, GroupLimits limits)
    {
        if (spec.Shares.Count == 0)
        {
            return null;
        }

        VmmJail jail = _jail ?? throw new HypervisorException("volumes and bind mounts need the jail: set \"jail\" to true in the configuration");
        Check(spec);
        using ShareLaunch launch = new(jail, spec, _options.PrivilegedShares);
        return Start(launch, paths, limits);
    }

    private ShareServer Start(ShareLaunch launch, VmPaths paths, GroupLimits limits)
    {
        VmmMessages messages = VmmMessages.Create(paths.SharesMessages);
        JailedVmm? held = null;
        try
        {
            using Socket socket = UnixListener.Open(paths.Shares);
            held = launch.Start(paths, Find(), limits, messages, socket);
            OutOfMemoryScore.MakeVictim(held.Process.ProcessId);
            ProcessIdentity.Of(held.Process.ProcessId).Write(paths.SharesProcess);
            return new(held.Process, messages, held, launch.Release) { Weakness = launch.Weakness };
        }
        catch (Exception e)
        {
            string? words = messages.LastLine();
            messages.Dispose();
            held?.End();
            launch.Release();
            throw words is null ? e : new HypervisorException($"virtiofsd could not be started: {words}", e);
        }
    }

    /// <summary>That of a VM which runs on; null where the VM shares nothing.</summary>
    public ShareServer? Adopt(VmSpec spec, VmPaths paths)
    {
        if (spec.Shares.Count == 0)
        {
            return null;
        }

        uint? user = VmUsers.Read(paths.SharesUser);
        VmmProcess? process = TakeUp(spec, ProcessIdentity.Read(paths.SharesProcess), user);
        return new(process, VmmMessages.Open(paths.SharesMessages), held: null, () => Release(user));
    }

    private VmmProcess? TakeUp(VmSpec spec, ProcessIdentity? identity, uint? user)
    {
        if (identity?.Open() is not { } process)
        {
            return null;
        }

        _jail?.Confine(spec.Id, [identity.ProcessId]);
        if (user is { } number)
        {
            _jail?.Users?.Give(number, spec.Id, identity.ProcessId);
        }

        return new(identity.ProcessId, process, guard: null);
    }

    private void Release(uint? user)
    {
        if (user is { } number)
        {
            _jail?.Users?.Release(number);
        }
    }

    /// <summary>Ends that of a VM which has ended, or did not come to be.</summary>
    public static void Clear(VmSpec spec, VmPaths paths)
    {
        if (spec.Shares.Count == 0)
        {
            return;
        }

        using PidFd? process = ProcessIdentity.Read(paths.SharesProcess)?.Open();
        process?.Signal(SigKill);
        if (!File.Exists(paths.SharesProcess))
        {
            StrayVmm.Kill(ShareJail.Root(spec));
        }
    }

    private static void Check(VmSpec spec)
    {
        if (!ProcessUser.IsRoot && ProcessUser.HasGroups)
        {
            throw new HypervisorException(
                "volumes and bind mounts: virtiofsd gives up its supplementary groups, which a user's daemon may not: run mvmd as root, or as a user without any");
        }

        foreach (ShareSpec share in spec.Shares.Where(share => !Path.Exists(share.Path)))
        {
            throw new HypervisorException($"{share.Path}, which is to be shared with the container, does not exist");
        }
    }

    private string Find() => _options.VirtiofsdPath ?? Installed
        ?? throw new HypervisorException("virtiofsd, which serves volumes and bind mounts, not found: apt-get install qemu-system-common");
}
