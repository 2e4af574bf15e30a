namespace MicroVm.Engine.Guest;

/// <summary>
/// --security-opt. The VM is the boundary, so host profiles (seccomp, apparmor, label) have nothing to act on: they
/// are accepted and named in <see cref="Ignored"/>.
/// </summary>
internal sealed record SecurityOptions(bool NoNewPrivileges, bool UnconfinedPaths, IReadOnlyList<string> Ignored)
{
    /// <summary>Throws (Invalid) in Docker's words for an unknown option.</summary>
    public static SecurityOptions Parse(IReadOnlyList<string> options)
    {
        bool noNewPrivileges = false;
        bool unconfined = false;
        List<string> ignored = [];
        foreach (string option in options)
        {
            // Docker takes '=' and, from older days, ':' between name and value.
            string[] parts = option.Split(['=', ':'], 2);
            string value = parts.Length > 1 ? parts[1] : "";
            switch (parts[0])
            {
                case "no-new-privileges":
                    noNewPrivileges = ParseBool(option, value);
                    break;
                case "systempaths" when value == "unconfined":
                    unconfined = true;
                    break;
                case "seccomp" or "apparmor" or "label" when parts.Length > 1:
                    ignored.Add(parts[0]);
                    break;
                default:
                    throw Bad(option);
            }
        }

        return new(noNewPrivileges, unconfined, ignored);
    }

    private static bool ParseBool(string option, string value) => value switch
    {
        "" or "true" or "1" => true,
        "false" or "0" => false,
        _ => throw Bad(option),
    };

    private static EngineException Bad(string option) =>
        new(EngineErrorKind.Invalid, $"invalid --security-opt: \"{OneLine.Of(option, 128)}\"");
}
