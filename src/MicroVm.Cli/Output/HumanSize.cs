using System.Globalization;

namespace MicroVm.Cli.Output;

/// <summary>Sizes as Docker prints them: decimal units, four significant digits (75.2MB).</summary>
internal static class HumanSize
{
    private static readonly string[] s_decimal = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    private static readonly string[] s_binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <param name="digits">Significant digits: 3 in lists, 4 in progress.</param>
    internal static string Decimal(long bytes, int digits = 4) => Format(bytes, 1000, s_decimal, digits);

    internal static string Binary(long bytes) => Format(bytes, 1024, s_binary, 4);

    private static string Format(double size, double unit, string[] names, int digits)
    {
        int index = 0;
        while (size >= unit && index < names.Length - 1)
        {
            size /= unit;
            index++;
        }

        int whole = size >= 1000 ? 4 : size >= 100 ? 3 : size >= 10 ? 2 : 1;
        double rounded = Math.Round(size, Math.Max(0, digits - whole));
        return rounded.ToString("0.###", CultureInfo.InvariantCulture) + names[index];
    }
}
