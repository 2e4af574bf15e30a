using System.Text;

namespace MicroVm.Cli.Values;

/// <summary>
/// The files of --env-file and --label-file: one KEY=VALUE a line, the value as it stands (no quoting, no expansion);
/// empty lines and lines that begin with # are skipped. KEY alone takes the value that the caller has for it.
/// </summary>
internal static class KeyValueFile
{
    /// <param name="lookup">Value of a KEY alone; null: the line is left out.</param>
    internal static List<string> Read(string path, Func<string, string?> lookup) => Parse(SmallFile.Read(path), path, lookup);

    /// <summary>What --env-file and --env make together: files first, so that what was given on the command line wins.</summary>
    internal static List<string> Variables(List<string> files, List<string> given)
    {
        List<string> variables = [];
        foreach (string path in files)
        {
            variables.AddRange(Read(path, Environment.GetEnvironmentVariable));
        }

        variables.AddRange(given);
        return variables;
    }

    internal static List<string> Parse(ReadOnlySpan<byte> bytes, string path, Func<string, string?> lookup)
    {
        var pairs = new List<string>();
        if (bytes.StartsWith("\ufeff"u8))
        {
            bytes = bytes[3..];
        }

        int number = 0;
        foreach (Range range in bytes.Split((byte)'\n'))
        {
            number++;
            if (ParseLine(Decode(bytes[range], path, number), path, lookup) is { } pair)
            {
                pairs.Add(pair);
            }
        }

        return pairs;
    }

    private static string? ParseLine(string raw, string path, Func<string, string?> lookup)
    {
        string line = raw.TrimEnd('\r').TrimStart();
        if (line.Length == 0 || line[0] == '#')
        {
            return null;
        }

        int equals = line.IndexOf('=', StringComparison.Ordinal);
        string key = equals < 0 ? line : line[..equals];
        if (key.Length == 0)
        {
            throw new CliException($"invalid environment file: {path}: no variable name on line '{line}'");
        }

        if (key.Any(char.IsWhiteSpace))
        {
            throw new CliException($"invalid environment file: {path}: variable '{key}' contains whitespaces");
        }

        return equals >= 0 ? line : lookup(key) is { } value ? $"{key}={value}" : null;
    }

    private static string Decode(ReadOnlySpan<byte> line, string path, int number)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(line);
        }
        catch (DecoderFallbackException)
        {
            throw new CliException($"invalid env file {path}: invalid utf8 bytes at line {number}");
        }
    }
}
