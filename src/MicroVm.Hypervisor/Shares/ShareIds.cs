using MicroVm.Hypervisor.Jail;
using MicroVm.Interop.Namespaces;

namespace MicroVm.Hypervisor.Shares;

/// <summary>
/// Whom the files of a share belong to for the virtiofsd that serves it. Root's are its own user's; X's, X from 1 to 2^30 - 1, are those of
/// a user X places above <see cref="Base"/>, which no process of the host runs as but virtiofsds, for as long as a call to the kernel takes.
/// </summary>
/// <remarks>
/// The same for all VMs. From 2^31 on systemd gives out nothing, shadow's subordinate ids end below it, and FreeIPA's, which begin
/// there, are 12288 people away from this.
/// </remarks>
public static class ShareIds
{
    /// <summary>What 0 would be.</summary>
    public const uint Base = 0xb0000000;

    /// <summary>The first that files in a share can't have.</summary>
    public const uint End = 1 << 30;

    /// <summary>Whether VMs can have these users: a number can't be mapped twice.</summary>
    public static bool Allow(UserRange users) => users.First >= Base + End || users.First + (users.Count - 1) <= Base;

    internal static IReadOnlyList<IdExtent> Of(uint user) => [new(0, user, 1), new(1, Base + 1, End - 1)];
}
