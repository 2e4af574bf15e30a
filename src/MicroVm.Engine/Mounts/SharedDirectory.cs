namespace MicroVm.Engine.Mounts;

/// <summary>Directories of the host that containers get.</summary>
internal static class SharedDirectory
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Makes it and what is missing above it, 0755 as Docker does whatever the daemon's umask is: a container's users reach what is in there.</summary>
    /// <exception cref="IOException">It can't be made; so does <see cref="UnauthorizedAccessException"/>.</exception>
    public static void Create(string path)
    {
        List<string> made = [];
        for (string? missing = path; missing is not null && !Path.Exists(missing); missing = Path.GetDirectoryName(missing))
        {
            made.Add(missing);
        }

        Directory.CreateDirectory(path);
        made.ForEach(directory => File.SetUnixFileMode(directory, Mode));
    }
}
