namespace MicroVm.Protocol.Tests;

/// <summary>Files of the source tree that the tests run in.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Path(string relative) => System.IO.Path.Combine(Root, relative);

    private static string FindRoot()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(directory, "MicroVm.sln")))
        {
            directory = System.IO.Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("run inside a clone");
        }

        return directory;
    }
}
