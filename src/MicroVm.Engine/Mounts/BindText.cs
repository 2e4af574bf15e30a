namespace MicroVm.Engine.Mounts;

/// <summary>The short form of a mount (-v): <c>[SOURCE:]TARGET[:MODE]</c>, by Docker's rules and with its words.</summary>
internal static class BindText
{
    private static readonly string[] s_access = ["ro", "rw"];
    private static readonly string[] s_labels = ["z", "Z"];
    private static readonly string[] s_copies = ["nocopy"];
    private static readonly string[] s_propagations = ["private", "rprivate", "slave", "rslave", "shared", "rshared"];
    private static readonly string[] s_consistencies = ["consistent", "cached", "delegated"];
    private static readonly string[][] s_kinds = [s_access, s_labels, s_copies, s_propagations, s_consistencies];

    /// <param name="driver">Of volumes (--volume-driver); may be empty.</param>
    public static (MountRequest Mount, string Mode) Parse(string text, string driver)
    {
        string[] parts = text.Split(':', 4);
        (string source, string target, string mode) = parts switch
        {
            ["", ..] => throw InvalidSpecification(text),
            [var only] => ("", only, ""),
            [_, var second] when IsMode(second) => throw InvalidSpecification(text),
            [var first, var second] => (first, second, ""),
            [var first, var second, var third] => (first, second, third),
            _ => throw InvalidSpecification(text),
        };
        if (mode.Length > 0 && !IsMode(mode))
        {
            throw Invalid($"invalid mode: {OneLine.Of(mode, 128)}");
        }

        return (Request(source, target, mode, driver), mode);
    }

    public static EngineException InvalidSpecification(string text) => Invalid($"invalid volume specification: '{OneLine.Of(text, 512)}'");

    public static bool IsPropagation(string word) => s_propagations.Contains(word);

    private static MountRequest Request(string source, string target, string mode, string driver)
    {
        string[] words = mode.Split(',');
        bool isBind = source.StartsWith('/');
        return new()
        {
            Type = isBind ? ContainerMount.Bind : ContainerMount.Volume,
            Source = source,
            Target = target,
            ReadOnly = words.Contains("ro"),
            Propagation = Array.Find(words, IsPropagation) ?? "",
            NoCopy = words.Contains("nocopy"),
            CreatesSource = isBind,
            Driver = isBind ? "" : driver,
        };
    }

    /// <summary>At most one word of each kind.</summary>
    private static bool IsMode(string text)
    {
        string[] words = text.Split(',');
        return words.All(word => s_kinds.Any(kind => kind.Contains(word))) && s_kinds.All(kind => words.Count(kind.Contains) <= 1);
    }

    private static EngineException Invalid(string message) => new(EngineErrorKind.Invalid, message);
}
