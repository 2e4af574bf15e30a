namespace MicroVm.Engine.Files;

/// <summary>Paths in a container as `docker cp` reads them: from the root on, "." and ".." taken out, a trailing slash or "/." kept.</summary>
internal static class GuestPath
{
    private const int MaxLength = 4095;

    /// <exception cref="EngineException">Invalid: too long for Linux, or with a NUL.</exception>
    public static string Absolute(string path)
    {
        string absolute = Clean(path) + Ending(path);
        return absolute.Length <= MaxLength && System.Text.Encoding.UTF8.GetByteCount(absolute) <= MaxLength && !absolute.Contains('\0')
            ? absolute
            : throw new EngineException(EngineErrorKind.Invalid, "the path in the container is too long or holds a NUL");
    }

    /// <summary>What a stat calls it: "etc" of "/etc/", "." of "/etc/.", "/" of the root.</summary>
    public static string BaseName(string path)
    {
        string clean = Clean(path);
        return Ending(path) == "/." ? "." : clean == "/" ? "/" : clean[(clean.LastIndexOf('/') + 1)..];
    }

    /// <summary>What the archive calls it; empty: its names begin with a slash.</summary>
    public static string ArchiveName(string path) => BaseName(path) is "/" ? "" : BaseName(path);

    private static string Clean(string path)
    {
        List<string> parts = [];
        foreach (string part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }

    private static string Ending(string path) => Clean(path) == "/"
        ? path.EndsWith("/.", StringComparison.Ordinal) || path == "." ? "/." : ""
        : path.EndsWith("/.", StringComparison.Ordinal) ? "/." : path.EndsWith('/') ? "/" : "";
}
