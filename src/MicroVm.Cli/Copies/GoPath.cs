using System.Text;

namespace MicroVm.Cli.Copies;

/// <summary>Paths as Go's path/filepath has them on Unix, and what `docker cp` reads from their ends.</summary>
internal static class GoPath
{
    /// <summary>The shortest equal path: no double slashes, "." or inner ".."; never empty.</summary>
    internal static string Clean(string path)
    {
        bool rooted = path.StartsWith('/');
        List<string> parts = [];
        foreach (string part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0 && parts[^1] != "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part.Length > 0 && part != "." && !(part == ".." && rooted))
            {
                parts.Add(part);
            }
        }

        string clean = string.Join('/', parts);
        return rooted ? "/" + clean : clean.Length > 0 ? clean : ".";
    }

    internal static string Join(string directory, string path) =>
        Clean(directory.Length == 0 ? path : path.Length == 0 ? directory : directory + "/" + path);

    /// <summary>The last component; "." of an empty path, "/" of the root.</summary>
    internal static string Base(string path)
    {
        string trimmed = path.TrimEnd('/');
        return path.Length == 0 ? "." : trimmed.Length == 0 ? "/" : trimmed[(trimmed.LastIndexOf('/') + 1)..];
    }

    internal static string Directory(string path) => Clean(path[..(path.LastIndexOf('/') + 1)]);

    internal static bool EndsInSeparator(string path) => path.EndsWith('/');

    /// <summary>It says "what is in there".</summary>
    internal static bool IsCurrentDirectory(string path) => Base(path) == ".";

    /// <summary>Only a directory can be meant.</summary>
    internal static bool AssertsDirectory(string path) => EndsInSeparator(path) || IsCurrentDirectory(path);

    /// <summary>Gives a cleaned path the end back that it had.</summary>
    internal static string WithEndOf(string cleaned, string original)
    {
        var path = new StringBuilder(cleaned);
        if (!IsCurrentDirectory(cleaned) && IsCurrentDirectory(original))
        {
            path.Append(EndsInSeparator(cleaned) ? "." : "/.");
        }

        return path[^1] != '/' && EndsInSeparator(original) ? path.Append('/').ToString() : path.ToString();
    }

    /// <summary>Directory and entry; the entry is "." where the path says so.</summary>
    internal static (string Directory, string Entry) Split(string path)
    {
        string clean = Clean(path);
        clean = IsCurrentDirectory(path) ? (clean == "/" ? "/." : clean + "/.") : clean;
        return (Directory(clean), Base(clean));
    }
}
