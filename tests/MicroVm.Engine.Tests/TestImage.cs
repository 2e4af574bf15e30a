using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Tests;

/// <summary>Images made in memory as docker-archives and loaded as <c>docker load</c> does.</summary>
internal static class TestImage
{
    private const UnixFileMode Executable = (UnixFileMode)0x1ED; // 0755

    /// <summary>One layer with a file; enough where nothing is executed.</summary>
    public static Task<StoredImage> LoadEmptyAsync(IImageStore store, string name) =>
        LoadAsync(store, name, new { Cmd = (string[])["exit", "0"] }, tar => AddFile(tar, "etc/motd", Executable, "hi"u8.ToArray()));

    /// <summary>Debian's static busybox under all its names, with the users root and app.</summary>
    public static Task<StoredImage> LoadBusyboxAsync(IImageStore store, string name = "busybox") =>
        LoadAsync(store, name, new { Cmd = (string[])["sh"], Env = (string[])["PATH=/bin:/usr/bin", "FROM_IMAGE=yes"] }, tar =>
        {
            AddFile(tar, "bin/busybox", Executable, File.ReadAllBytes("/bin/busybox"));
            foreach (string applet in Applets)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "bin/" + applet) { LinkName = "busybox" });
            }

            AddFile(tar, "etc/passwd", (UnixFileMode)0x1A4, "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:App:/home/app:/bin/sh\n"u8.ToArray());
            AddFile(tar, "etc/group", (UnixFileMode)0x1A4, "root:x:0:\napp:x:1000:\nextra:x:1001:app\n"u8.ToArray());
            AddFile(tar, "notexec", (UnixFileMode)0x1A4, "text"u8.ToArray());
            foreach (string directory in (string[])["proc", "sys", "dev", "tmp", "root", "home/app"])
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, directory) { Mode = directory == "tmp" ? (UnixFileMode)0x3FF : Executable });
            }
        });

    private static string[] Applets =>
    [
        "sh", "true", "false", "cat", "echo", "sleep", "id", "pwd", "env", "ls", "stty", "head", "tail", "dd", "wc", "grep", "mount",
        "hostname", "kill", "touch", "rm", "stat", "ip", "nc", "wget", "httpd", "sha256sum", "tr", "free", "test", "printf", "yes", "seq", "nproc",
        "nslookup", "ulimit", "sysctl", "od", "cut", "awk", "mkdir", "mv", "cp", "chmod", "sync", "ps", "top", "tty", "uname", "date",
    ];

    private static async Task<StoredImage> LoadAsync(IImageStore store, string name, object config, Action<TarWriter> fill)
    {
        byte[] layer = Tar(fill);
        string diffId = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(layer));
        byte[] image = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = "amd64",
            os = "linux",
            config,
            rootfs = new { type = "layers", diff_ids = (string[])[diffId] },
        });
        string configName = Convert.ToHexStringLower(SHA256.HashData(image)) + ".json";
        byte[] manifest = JsonSerializer.SerializeToUtf8Bytes(
            new[] { new { Config = configName, RepoTags = (string[])[name + ":latest"], Layers = (string[])["layer.tar"] } });
        byte[] archive = Tar(tar =>
        {
            AddFile(tar, "manifest.json", Executable, manifest);
            AddFile(tar, configName, Executable, image);
            AddFile(tar, "layer.tar", Executable, layer);
        });
        IReadOnlyList<LoadedImage> loaded = await store.LoadAsync(
            new MemoryStream(archive), new Progress<TransferProgress>(), CancellationToken.None);
        return loaded.Single().Image;
    }

    private static byte[] Tar(Action<TarWriter> fill)
    {
        using MemoryStream stream = new();
        using (TarWriter tar = new(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            fill(tar);
        }

        return stream.ToArray();
    }

    private static void AddFile(TarWriter tar, string name, UnixFileMode mode, byte[] content) =>
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = mode, DataStream = new MemoryStream(content) });
}
