using System.Globalization;
using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Values;

/// <summary>--cpus: a decimal number of CPUs.</summary>
internal static class CpuCount
{
    private const decimal Nano = 1_000_000_000;

    /// <summary>Billionths of a CPU.</summary>
    internal static long Parse(string text)
    {
        bool isNumber = decimal.TryParse(
            text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out decimal cpus);
        if (!isNumber || Math.Abs(cpus) > int.MaxValue)
        {
            throw new FlagValueException($"failed to parse {text} as a rational number");
        }

        decimal nano = cpus * Nano;
        return nano == decimal.Truncate(nano) ? (long)nano : throw new FlagValueException("value is too precise");
    }
}
