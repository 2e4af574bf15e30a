using System.Globalization;

namespace MicroVm.Hypervisor.Jail;

/// <summary>
/// Users for the processes of VMs, one each, whatever daemon of the host runs them. A number comes back last, so that what a VM may have left
/// somewhere is not soon another's.
/// </summary>
internal sealed class VmUsers(UserRange range, UserClaims claims)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, string> _taken = [];
    private uint _next;

    /// <summary>How many VMs this daemon has.</summary>
    public int Vms
    {
        get
        {
            lock (_lock)
            {
                return _taken.Values.Distinct().Count();
            }
        }
    }

    /// <param name="vm">Whose process is to have it.</param>
    /// <exception cref="HypervisorException">All are taken.</exception>
    public uint Take(string vm)
    {
        lock (_lock)
        {
            for (uint i = 0; i < range.Count; i++)
            {
                uint user = range.First + ((_next + i) % range.Count);
                if (!_taken.ContainsKey(user) && claims.TryTake(user))
                {
                    _taken[user] = vm;
                    _next = user - range.First + 1;
                    return user;
                }
            }
        }

        throw new HypervisorException(
            $"all {range.Count} users for virtual machines are taken: stop one, or widen vm-users in the configuration");
    }

    /// <summary>Once the process that it was taken for, or was found with it, is there.</summary>
    public void Give(uint user, string vm, int pid)
    {
        lock (_lock)
        {
            _taken[user] = vm;
        }

        claims.Give(user, pid);
    }

    public void Release(uint user)
    {
        lock (_lock)
        {
            _taken.Remove(user);
        }

        claims.Drop(user);
    }

    /// <summary>Null where there is no such file: the VM has no user of its own.</summary>
    public static uint? Read(string path) =>
        File.Exists(path) && uint.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out uint user) ? user : null;

    public static void Write(string path, uint user) => File.WriteAllText(path, user.ToString(CultureInfo.InvariantCulture));
}
