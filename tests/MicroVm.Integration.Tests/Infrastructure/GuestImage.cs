namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>An initramfs with one program as /init, for guests that do what ours does not.</summary>
public static class GuestImage
{
    public static async Task<string> CompileAsync(string source, string directory)
    {
        string root = Path.Combine(directory, "initramfs");
        Directory.CreateDirectory(Path.Combine(root, "dev"));
        string path = Path.Combine(TestEnvironment.Root, source);
        (await Command.RunAsync("musl-gcc", ["-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o", Path.Combine(root, "init"), path])).Succeeded();
        string archive = Path.Combine(directory, "initramfs.cpio");
        (await Command.RunAsync("sh", ["-c", "cd \"$0\" && printf 'dev\\ninit\\n' | cpio --quiet -o -H newc > \"$1\"", root, archive])).Succeeded();
        return archive;
    }
}
