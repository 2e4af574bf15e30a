using MicroVm.Cli.Values;

namespace MicroVm.Cli.Arguments;

/// <summary>Checks of single values, with Docker's messages.</summary>
internal static class FlagValues
{
    private const int MaximumDomainLength = 255;

    /// <summary>KEY=VALUE; KEY alone takes the environment's value, or stays when there is none (it unsets the image's).</summary>
    internal static string Variable(string value)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        if (value.Length == 0 || equals == 0)
        {
            throw new FlagValueException($"invalid environment variable: {value}");
        }

        return equals < 0 && Environment.GetEnvironmentVariable(value) is { } own ? $"{value}={own}" : value;
    }

    internal static string Label(string value) => value.Length == 0 || value[0] == '='
        ? throw new FlagValueException($"invalid label '{value}': empty name")
        : value;

    internal static string Address(string value) => PortSpec.IsAddress(value)
        ? value
        : throw new FlagValueException($"IP address is not correctly formatted: {value}");

    internal static string Domain(string value)
    {
        string domain = value.Trim();
        if (domain == ".")
        {
            return domain;
        }

        bool valid = domain.Length is > 0 and <= MaximumDomainLength && domain.TrimEnd('.').Split('.').All(IsLabel);
        return valid ? domain : throw new FlagValueException($"{value} is not a valid domain");
    }

    /// <summary><c>host:ip</c> or <c>host=ip</c>; <c>host-gateway</c> stands for the host's address.</summary>
    internal static string Host(string value)
    {
        int separator = value.IndexOfAny(['=', ':']);
        if (separator <= 0 || separator == value.Length - 1)
        {
            throw new FlagValueException($"bad format for add-host: \"{value}\"");
        }

        string address = value[(separator + 1)..];
        string bare = address is ['[', .., ']'] ? address[1..^1] : address;
        return bare == "host-gateway" || PortSpec.IsAddress(bare)
            ? $"{value[..separator]}:{bare}"
            : throw new FlagValueException($"invalid IP address in add-host: \"{address}\"");
    }

    /// <summary>The API's form: <c>CAP_NET_ADMIN</c>, <c>ALL</c>.</summary>
    internal static string Capability(string value)
    {
        string upper = value.Trim().ToUpperInvariant();
        return upper == "ALL" || upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : $"CAP_{upper}";
    }

    internal static void AddPair(Dictionary<string, string> pairs, string value, string what)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new FlagValueException($"{what} '{value}' is not allowed");
        }

        pairs[value[..equals]] = value[(equals + 1)..];
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
}
