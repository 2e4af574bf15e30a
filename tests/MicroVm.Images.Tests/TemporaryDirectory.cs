namespace MicroVm.Images.Tests;

/// <summary>A directory of the test's own, gone with it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("mvm-test-").FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // .NET can't delete names that aren't UTF-8.
            using var remove = System.Diagnostics.Process.Start("rm", ["-rf", Path]);
            remove.WaitForExit();
        }
    }
}
