using System.Text;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Copies;

/// <summary>The local end of a copy: symlinks resolved as `docker cp` does, which is not at the source's own end.</summary>
internal static class LocalPath
{
    private const int MaximumSymlinks = 40;

    /// <summary>Absolute, with the end that the user gave it.</summary>
    internal static string Absolute(string path) =>
        GoPath.WithEndOf(path.StartsWith('/') ? GoPath.Clean(path) : GoPath.Join(Environment.CurrentDirectory, path), path);

    internal static CopySide Source(string path, bool follow)
    {
        (string resolved, string name) = follow ? Followed(path, Resolve(path)) : Unfollowed(path);
        FileStatus status = Status(resolved) ?? throw new SystemCallException($"lstat {resolved}", Constants.ENOENT);
        return new(resolved, Exists: true, status.IsDirectory, name);
    }

    /// <summary>The destination: a symlink there is written through, also one that leads nowhere yet.</summary>
    internal static CopySide Destination(string path)
    {
        RequireUsable(path);
        FileStatus? status = Status(path);
        for (int links = 0; status is { IsSymlink: true }; links++)
        {
            if (links > 10)
            {
                throw new CliException($"too many symlinks in {path}");
            }

            string target = Encoding.UTF8.GetString(Files.ReadLink(Files.WorkingDirectory, Encoding.UTF8.GetBytes(path)));
            path = target.StartsWith('/') ? target : GoPath.Join(GoPath.Split(path).Directory, target);
            status = Status(path);
        }

        RequireParent(path);
        return new(path, status is not null, status is { IsDirectory: true });
    }

    /// <summary>What `-L` makes of a link and its target, here or in a container.</summary>
    internal static (string Path, string Name) Followed(string path, string target)
    {
        string resolved = target;
        if (GoPath.IsCurrentDirectory(path) && !GoPath.IsCurrentDirectory(resolved))
        {
            resolved += "/.";
        }

        if (GoPath.EndsInSeparator(path) && !GoPath.EndsInSeparator(resolved))
        {
            resolved += "/";
        }

        return (resolved, GoPath.Base(path) == GoPath.Base(resolved) ? "" : GoPath.Base(path));
    }

    /// <summary>The directory that it is in is resolved, it itself is not; behind a slash it is.</summary>
    private static (string Path, string Name) Unfollowed(string path)
    {
        int slash = path.LastIndexOf('/');
        string directory = Resolve(path[..(slash + 1)]);
        string resolved = directory.TrimEnd('/') + "/" + path[(slash + 1)..];
        bool isRenamed = GoPath.EndsInSeparator(path) && GoPath.Base(path) != GoPath.Base(resolved);
        return (resolved, isRenamed ? GoPath.Base(path) : "");
    }

    /// <summary>The same path without symlinks.</summary>
    private static string Resolve(string path)
    {
        Stack<string> rest = new(GoPath.Clean(path).Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        string done = "";
        for (int links = 0; rest.TryPop(out string? part);)
        {
            if (part == "..")
            {
                done = done[..Math.Max(0, done.LastIndexOf('/'))];
                continue;
            }

            string next = done + "/" + part;
            FileStatus status = Status(next) ?? throw new SystemCallException($"lstat {next}", Constants.ENOENT);
            if (!status.IsSymlink)
            {
                done = next;
                continue;
            }

            if (++links > MaximumSymlinks)
            {
                throw new CliException($"too many symlinks in {path}");
            }

            string target = Encoding.UTF8.GetString(Files.ReadLink(Files.WorkingDirectory, Encoding.UTF8.GetBytes(next)));
            done = target.StartsWith('/') ? "" : done;
            foreach (string component in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(c => c != ".").Reverse())
            {
                rest.Push(component);
            }
        }

        return done.Length == 0 ? "/" : done;
    }

    /// <summary>Not a device: what is written to one is not a copy.</summary>
    private static void RequireUsable(string path)
    {
        RequireParent(path);
        if (Followed(path) is { IsDevice: true })
        {
            throw new CliException($"invalid output path: \"{path}\" must be a directory or a regular file: got a device");
        }
    }

    private static void RequireParent(string path)
    {
        string parent = GoPath.Directory(GoPath.Clean(path));
        _ = Followed(parent) switch
        {
            null => throw new CliException($"invalid output path: directory \"{parent}\" does not exist"),
            { IsDirectory: false } => throw new CliException("not a directory"),
            _ => 0,
        };
    }

    private static FileStatus? Followed(string path) => Files.Status(Files.WorkingDirectory, Encoding.UTF8.GetBytes(path), follow: true);

    private static FileStatus? Status(string path) => Files.Status(Files.WorkingDirectory, Encoding.UTF8.GetBytes(path));
}
