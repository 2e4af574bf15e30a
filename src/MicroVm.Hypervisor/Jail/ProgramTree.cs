using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Jail;

/// <summary>
/// A directory with nothing but a few programs, the libraries that they load and their data, under the paths that they have
/// on the host: a jail's root shows it with one mount, where a mount for each file would take as long as QEMU's own start.
/// </summary>
internal sealed class ProgramTree
{
    private const string Loader = "/lib64/ld-linux-x86-64.so.2";
    private const UnixFileMode Directories = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _directory;
    private readonly IReadOnlyList<string> _programs;
    private readonly IReadOnlyList<string> _data;
    private readonly Lock _lock = new();
    private IReadOnlyList<string> _files = [];
    private string _key = "";

    /// <param name="directory">Holds the tree, and for a while those of earlier versions.</param>
    /// <param name="programs">Absolute paths.</param>
    /// <param name="data">Files that the programs read; those that are not there are left out.</param>
    public ProgramTree(string directory, IReadOnlyList<string> programs, IReadOnlyList<string> data) =>
        (_directory, _programs, _data) = (directory, programs, data);

    /// <summary>
    /// The tree of what is installed now: a package's update shows in the next VM. Costs a stat(2) per file when nothing
    /// has changed.
    /// </summary>
    /// <exception cref="IOException">It can't be made.</exception>
    public string Current()
    {
        lock (_lock)
        {
            if (_key.Length == 0 || _key != KeyOf(_files))
            {
                _files = FindFiles();
                string key = KeyOf(_files);
                Build(Path.Combine(_directory, key));
                _key = key;
            }

            return Path.Combine(_directory, _key);
        }
    }

    /// <summary>
    /// Room for a file that the jail shows at this path, where the tree has the path's top directory: nothing can be made in
    /// there later, as it is shown read-only.
    /// </summary>
    public static void Reserve(string tree, string path)
    {
        string place = tree + path;
        if (Directory.Exists(Path.Combine(tree, path.Split('/')[1])) && !File.Exists(place))
        {
            MakeDirectory(Path.GetDirectoryName(place)!);
            File.WriteAllBytes(place, []);
        }
    }

    /// <summary>The tree's top directories, and the host's links to them (/lib → usr/lib).</summary>
    public static IEnumerable<(string Name, string? Target)> TopOf(string tree)
    {
        foreach (string path in Directory.EnumerateDirectories(tree))
        {
            yield return (Path.GetFileName(path), null);
        }

        foreach (string name in new[] { "bin", "sbin", "lib", "lib64" })
        {
            if (new DirectoryInfo("/" + name).LinkTarget is { } target && !Directory.Exists(Path.Combine(tree, name)))
            {
                yield return (name, target);
            }
        }
    }

    /// <summary>Removes the trees of earlier versions; not while a VM may still look at one.</summary>
    public void RemoveOthers()
    {
        lock (_lock)
        {
            foreach (string tree in Directory.Exists(_directory) ? Directory.GetDirectories(_directory) : [])
            {
                if (Path.GetFileName(tree) != _key)
                {
                    Directory.Delete(tree, recursive: true);
                }
            }
        }
    }

    private List<string> FindFiles() =>
        [.. _programs.SelectMany(p => Libraries(p).Prepend(p)).Concat(_data.Where(File.Exists)).Distinct()];

    /// <summary>What the loader would map (ld.so(8), --list); none for a static program.</summary>
    private static List<string> Libraries(string program)
    {
        using Process list = Process.Start(new ProcessStartInfo(Loader, ["--list", program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        list.ErrorDataReceived += (_, _) => { };
        list.BeginErrorReadLine();
        string output = list.StandardOutput.ReadToEnd();
        list.WaitForExit();
        return list.ExitCode == 0 ? [Loader, .. output.Split('\n').Select(PathIn).OfType<string>()] : [];
    }

    /// <summary>"name => path (address)".</summary>
    private static string? PathIn(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return words.Length >= 3 && words[1] == "=>" && words[2].StartsWith('/') ? words[2] : null;
    }

    private static string KeyOf(IReadOnlyList<string> files)
    {
        StringBuilder text = new();
        foreach (string path in files)
        {
            FileInfo file = new(path);
            FileSystemInfo target = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            text.Append(CultureInfo.InvariantCulture, $"{path}\0{target.FullName}\0{target.LastWriteTimeUtc.Ticks}\0{(target as FileInfo)?.Length}\n");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    private void Build(string tree)
    {
        if (Directory.Exists(tree))
        {
            return;
        }

        Directory.CreateDirectory(_directory);
        string building = Directory.CreateDirectory(tree + ".new").FullName;
        try
        {
            Directory.Delete(building, recursive: true);
            MakeDirectory(building);
            foreach (string file in _files)
            {
                Copy(file, building);
            }

            Directory.Move(building, tree);
        }
        catch
        {
            Directory.Delete(building, recursive: true);
            throw;
        }
    }

    /// <summary>Another name for the same file where that is possible: no room, and pages shared with the host's own.</summary>
    private static void Copy(string file, string tree)
    {
        string directory = Path.TrimEndingDirectorySeparator(RealDirectory(Path.GetDirectoryName(file)!));
        string copy = tree + directory + "/" + Path.GetFileName(file);
        string source = new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file;
        MakeDirectory(Path.GetDirectoryName(copy)!);
        if (File.Exists(copy))
        {
            return;
        }

        try
        {
            PosixFile.CreateHardLink(source, copy);
        }
        catch (IOException)
        {
            File.Copy(source, copy);
            File.SetUnixFileMode(copy, File.GetUnixFileMode(source)); // The umask took some away.
        }
    }

    /// <summary>As the jail sees it, whose top directories are the host's links.</summary>
    private static string RealDirectory(string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string top = new DirectoryInfo("/" + parts[0]).LinkTarget ?? parts[0];
        return Path.GetFullPath("/" + string.Join('/', [top.TrimStart('/'), .. parts.Skip(1)]));
    }

    /// <summary>With all above it that are missing, open to the VMs' users whatever the daemon's umask is.</summary>
    private static void MakeDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        MakeDirectory(Path.GetDirectoryName(path)!);
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, Directories);
    }
}
