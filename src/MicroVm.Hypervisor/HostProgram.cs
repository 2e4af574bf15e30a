namespace MicroVm.Hypervisor;

/// <summary>Programs of the host.</summary>
internal static class HostProgram
{
    /// <summary>Its absolute path, from the PATH; null when it is not there.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, name)).FirstOrDefault(File.Exists);
}
