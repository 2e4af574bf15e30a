namespace MicroVm.Cli.Copies;

/// <summary>One end of a copy as far as the rules ask.</summary>
/// <param name="Path">With its end as the user wrote it.</param>
/// <param name="RebaseName">What the source is called, where that is not its path's last component.</param>
internal sealed record CopySide(string Path, bool Exists, bool IsDirectory, string RebaseName = "")
{
    /// <summary>What the source's archive calls it.</summary>
    internal string Name => RebaseName.Length > 0 ? RebaseName : GoPath.Split(Path).Entry;
}

/// <summary>What follows from them: where the archive is unpacked, and what its first component becomes.</summary>
/// <param name="Rename">Null: it stays.</param>
internal sealed record CopyPlan(string Directory, string? Rename)
{
    /// <summary>
    /// Docker's rules (https://docs.docker.com/reference/cli/docker/container/cp): into a directory that exists; else in its parent
    /// under the destination's name.
    /// </summary>
    /// <exception cref="CliException">A directory onto a file, or a file to a directory that does not exist.</exception>
    internal static CopyPlan Of(CopySide source, CopySide destination)
    {
        if (destination is { Exists: true, IsDirectory: true })
        {
            return new(destination.Path, null);
        }

        if (destination.Exists && source.IsDirectory)
        {
            throw new CliException("cannot copy directory");
        }

        if (!destination.Exists && !source.IsDirectory && GoPath.AssertsDirectory(destination.Path))
        {
            throw new CliException("no such directory");
        }

        (string directory, string entry) = GoPath.Split(destination.Path);
        return new(directory, entry);
    }
}
