using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace MicroVm.Engine.Volumes;

/// <summary>Names of volumes, which are names of directories, too.</summary>
internal static partial class VolumeNames
{
    private const int MaxLength = 255;

    /// <summary>Of an anonymous one: 64 hex digits, as Docker's.</summary>
    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Throws (Invalid) in Docker's words.</summary>
    public static void Check(string name)
    {
        if (name.Length == 1)
        {
            throw new EngineException(
                EngineErrorKind.Invalid,
                $"create {OneLine.Of(name)}: volume name is too short, names should be at least two alphanumeric characters");
        }

        if (!Allowed().IsMatch(name) || name.Length > MaxLength)
        {
            throw new EngineException(
                EngineErrorKind.Invalid,
                $"create {OneLine.Of(name, 256)}: \"{OneLine.Of(name, 256)}\" includes invalid characters for a local volume name, only "
                + "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path");
        }
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9_.-]+\z")]
    private static partial Regex Allowed();
}
