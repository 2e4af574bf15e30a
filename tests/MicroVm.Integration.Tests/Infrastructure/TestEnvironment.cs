namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>What `make dist samples` made; tests/run names the places, and the defaults are those of a clone.</summary>
public static class TestEnvironment
{
    public static string Root { get; } = FindRoot();

    /// <summary>The installed layout: cli/mvm, daemon/mvmd, daemon/guest.</summary>
    public static string Dist { get; } = Environment.GetEnvironmentVariable("MVM_DIST") ?? Path.Combine(Root, ".build/dist");

    public static string Mvm { get; } = Path.Combine(Dist, "cli/mvm");

    public static string Mvmd { get; } = Path.Combine(Dist, "daemon/mvmd");

    /// <summary>OCI layout with the sample images.</summary>
    public static string Samples { get; } = Environment.GetEnvironmentVariable("MVM_SAMPLES") ?? FindSamples();

    /// <summary>The stock client: the newest there is.</summary>
    public static string Docker { get; } = File.Exists("/usr/local/bin/docker") ? "/usr/local/bin/docker" : "/usr/bin/docker";

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "MicroVm.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("run the tests inside a clone");
    }

    private static string FindSamples()
    {
        CommandResult result = Command.RunAsync(Path.Combine(Root, "tests/samples/build"), []).GetAwaiter().GetResult();
        return result.Succeeded();
    }
}
