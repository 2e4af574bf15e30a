using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace MicroVm.Engine.Configuration;

/// <summary>Rules and generators for the ids and names of containers.</summary>
internal static partial class ContainerNames
{
    /// <summary>64 random lower-case hex digits; never all decimal in the first twelve, as those serve as a hostname.</summary>
    public static string NewId()
    {
        while (true)
        {
            string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            if (!id.AsSpan(0, 12).ContainsAnyExceptInRange('0', '9'))
            {
                continue;
            }

            return id;
        }
    }

    /// <summary>The name without its leading slash. Throws (Invalid) in Docker's words.</summary>
    public static string Validate(string name)
    {
        string bare = name.StartsWith('/') ? name[1..] : name;
        return bare.Length <= MaxLength && Allowed().IsMatch(bare)
            ? bare
            : throw new EngineException(
                EngineErrorKind.Invalid,
                $"Invalid container name ({OneLine.Of(name, MaxLength)}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
    }

    /// <summary>An unused name: adjective_surname, with a digit after some tries.</summary>
    public static string Generate(Func<string, bool> isTaken)
    {
        for (int attempt = 0; ; attempt++)
        {
            string name = Pick(NameWords.Adjectives) + "_" + Pick(NameWords.Surnames)
                + (attempt < 6 ? "" : RandomNumberGenerator.GetInt32(attempt * 10).ToString("D", null));
            if (!isTaken(name))
            {
                return name;
            }
        }
    }

    private const int MaxLength = 255;

    private static string Pick(string[] words) => words[RandomNumberGenerator.GetInt32(words.Length)];

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9_.-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Allowed();
}
