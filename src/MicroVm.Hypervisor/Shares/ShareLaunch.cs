using System.Net.Sockets;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Hypervisor.Shares;

/// <summary>
/// Starts one virtiofsd as a user of its own, to which the shares' files are shown as root's; as root itself where that can't be done and
/// the configuration does not forbid it.
/// </summary>
internal sealed class ShareLaunch : IDisposable
{
    private readonly VmmJail _jail;
    private readonly VmSpec _spec;
    private uint? _user;
    private ShareMounts? _mounts;

    /// <param name="allowRoot">False: where the owners can't be mapped there is no virtiofsd.</param>
    /// <exception cref="HypervisorException">The owners can't be mapped, or there is no user left.</exception>
    public ShareLaunch(VmmJail jail, VmSpec spec, bool allowRoot)
    {
        (_jail, _spec) = (jail, spec);
        _user = jail.Users?.Take(spec.Id);
        if (_user is { } user)
        {
            Map(user, allowRoot);
        }
    }

    /// <summary>Why it is root, in one line; null: it is not, or the daemon neither.</summary>
    public string? Weakness { get; private set; }

    /// <summary>It waits to be released.</summary>
    /// <param name="program">Path of virtiofsd.</param>
    /// <exception cref="HypervisorException">The host lacks, or does not allow, something that it needs.</exception>
    public JailedVmm Start(VmPaths paths, string program, GroupLimits limits, VmmMessages messages, Socket socket)
    {
        if (_mounts is not { } mounts)
        {
            return StartJail(ShareJail.Of(_spec, program, limits));
        }

        // Nothing in the VM's directory is needed for that: descriptors are.
        JailedVmm? held = null;
        try
        {
            JailSpec jail = ShareJail.Of(_spec, program, limits, mounts, stage: paths.Directory, _user!.Value);
            mounts.Show(_spec, paths.Directory, () => held = StartJail(jail));
            Register(_user.Value, held!.Process.ProcessId, paths);
            return held;
        }
        catch
        {
            held?.End();
            throw;
        }

        JailedVmm StartJail(JailSpec jail) => _jail.Start(jail, messages.Handle, [socket.SafeHandle], fileSize: long.MaxValue);
    }

    /// <summary>It has ended, or did not come to be.</summary>
    public void Release()
    {
        if (_user is { } user)
        {
            _jail.Users!.Release(user);
            _user = null;
        }
    }

    /// <summary>The process has what is its own.</summary>
    public void Dispose() => _mounts?.Dispose();

    private void Map(uint user, bool allowRoot)
    {
        try
        {
            _mounts = ShareMounts.Open(_spec.Shares.Select(share => share.Path), user);
        }
        catch (HypervisorException e)
        {
            Release();
            Weakness = allowRoot ? e.Message : throw new HypervisorException(
                $"virtiofsd would have to be root: {e.Message}: share what lies on ext4, XFS or Btrfs, or set \"privileged-shares\" to true in the configuration", e);
        }
    }

    private void Register(uint user, int pid, VmPaths paths)
    {
        _jail.Users!.Give(user, _spec.Id, pid);
        VmUsers.Write(paths.SharesUser, user);
    }
}
