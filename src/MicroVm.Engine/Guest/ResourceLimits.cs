using MicroVm.Engine.Containers;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Guest;

/// <summary>--ulimit names (Docker's go-units) to RLIMIT_* numbers (asm-generic/resource.h).</summary>
internal static class ResourceLimits
{
    private static readonly Dictionary<string, uint> s_numbers = new()
    {
        ["cpu"] = 0,
        ["fsize"] = 1,
        ["data"] = 2,
        ["stack"] = 3,
        ["core"] = 4,
        ["rss"] = 5,
        ["nproc"] = 6,
        ["nofile"] = NoFile,
        ["memlock"] = 8,
        ["locks"] = 10,
        ["sigpending"] = 11,
        ["msgqueue"] = 12,
        ["nice"] = 13,
        ["rtprio"] = 14,
        ["rttime"] = 15,
    };

    private const uint NoFile = 7;

    // What containers get from dockerd as Debian and Docker's own packages run it.
    private const ulong DefaultNoFile = 1048576;

    /// <summary>Given limits, and Docker's default for open files. Throws (Invalid) in Docker's words.</summary>
    public static IReadOnlyList<ResourceLimit> Resolve(IReadOnlyList<Ulimit> ulimits)
    {
        Dictionary<uint, ResourceLimit> limits = new() { [NoFile] = new(NoFile, DefaultNoFile, DefaultNoFile) };
        foreach (Ulimit ulimit in ulimits)
        {
            ResourceLimit limit = Convert(ulimit);
            limits[limit.Resource] = limit;
        }

        return [.. limits.Values];
    }

    private static ResourceLimit Convert(Ulimit ulimit)
    {
        if (!s_numbers.TryGetValue(ulimit.Name, out uint number))
        {
            throw new EngineException(EngineErrorKind.Invalid, $"invalid ulimit type: {OneLine.Of(ulimit.Name, 64)}");
        }

        if (ulimit.Soft < -1 || ulimit.Hard < -1)
        {
            throw new EngineException(EngineErrorKind.Invalid, $"invalid ulimit value for {ulimit.Name}: {ulimit.Soft}:{ulimit.Hard}");
        }

        ulong soft = Value(ulimit.Soft);
        ulong hard = Value(ulimit.Hard);
        return soft <= hard
            ? new(number, soft, hard)
            : throw new EngineException(
                EngineErrorKind.Invalid,
                $"ulimit soft limit must be less than or equal to hard limit: {ulimit.Soft} > {ulimit.Hard}");
    }

    private static ulong Value(long value) => value == -1 ? ulong.MaxValue : (ulong)value;
}
