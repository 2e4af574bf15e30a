namespace MicroVm.Engine.Builds;

/// <summary>Paths as Dockerfiles write them.</summary>
internal static class BuildPaths
{
    /// <summary>From the root on, "." and ".." taken out; relative to <paramref name="directory"/>.</summary>
    /// <param name="directory">Empty: the root.</param>
    public static string Absolute(string directory, string path)
    {
        List<string> parts = [];
        foreach (string part in (path.StartsWith('/') ? path : $"{directory}/{path}").Split('/'))
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

    /// <summary>Whether a destination can only be a directory.</summary>
    public static bool NamesDirectory(string path) =>
        path is "" or "." or ".." || path.EndsWith('/') || path.EndsWith("/.", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal);

    /// <summary>Below the context's root; null: it leads out of it. A leading slash means nothing.</summary>
    public static string? Inside(string path)
    {
        List<string> parts = [];
        foreach (string part in path.Split('/'))
        {
            if (part == "..")
            {
                if (parts.Count == 0)
                {
                    return path.StartsWith('/') ? Inside(path.TrimStart('/')) : null;
                }

                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }
}
