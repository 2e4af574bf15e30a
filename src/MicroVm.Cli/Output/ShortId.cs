namespace MicroVm.Cli.Output;

/// <summary>Ids as lists show them.</summary>
internal static class ShortId
{
    private const int Length = 12;
    private const string Algorithm = "sha256:";

    /// <summary>The first twelve digits; <paramref name="whole"/>: as it is.</summary>
    internal static string Of(string id, bool whole = false)
    {
        string digits = id.StartsWith(Algorithm, StringComparison.Ordinal) ? id[Algorithm.Length..] : id;
        return whole ? id : digits.Length > Length ? digits[..Length] : digits;
    }
}
