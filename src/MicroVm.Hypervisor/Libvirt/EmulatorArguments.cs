using System.Text.Json;
using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>libvirt's arguments for QEMU, as they are in the jail.</summary>
internal static class EmulatorArguments
{
    /// <param name="cid">Null: the channel is a virtio-serial port.</param>
    /// <param name="free">The descriptors that the channel and the taps have become.</param>
    public static IReadOnlyList<string> InJail(IReadOnlyList<string> arguments, VmSpec spec, uint? cid, IReadOnlyList<int> free)
    {
        Dictionary<string, string> renumbered = Numbered(spec, cid, QemuCommandLine.ChannelFd, QemuCommandLine.TapFds(spec))
            .Zip(Numbered(spec, cid, free[0], [.. free.Skip(1)]))
            .Where(pair => pair.First != pair.Second).ToDictionary(pair => pair.First, pair => pair.Second);
        List<string> result = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "-object" && i + 1 < arguments.Count && IsSecret(arguments[i + 1]))
            {
                i++;
                continue;
            }

            result.Add(renumbered.GetValueOrDefault(arguments[i], arguments[i]));
        }

        return result;
    }

    /// <summary>The arguments that name a descriptor, in an order of their own.</summary>
    private static IEnumerable<string> Numbered(VmSpec spec, uint? cid, int channel, IReadOnlyList<int> taps) =>
        [.. QemuCommandLine.Channel(cid, channel), .. QemuCommandLine.Backends(spec, taps)];

    /// <summary>
    /// The key in which libvirt would tell QEMU passwords of disks and displays: a domain of ours has none, and what is not in the
    /// jail can't be taken.
    /// </summary>
    private static bool IsSecret(string definition)
    {
        if (!definition.StartsWith('{'))
        {
            return definition.StartsWith("secret,", StringComparison.Ordinal);
        }

        using JsonDocument json = JsonDocument.Parse(definition);
        return json.RootElement.TryGetProperty("qom-type", out JsonElement type) && type.ValueEquals("secret");
    }
}
