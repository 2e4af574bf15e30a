using System.Diagnostics;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>Debian's docker-registry on loopback with the sample images, as tests/samples/registry starts it.</summary>
public sealed class Registry : IDisposable
{
    private readonly Process _process;
    private readonly string _directory;

    private Registry(Process process, string directory, string address) =>
        (_process, _directory, Address) = (process, directory, address);

    /// <summary>host:port</summary>
    public string Address { get; }

    public static async Task<Registry> StartAsync()
    {
        string directory = Directory.CreateTempSubdirectory("mvm-registry").FullName;
        Process process = Command.Start(
            Path.Combine(TestEnvironment.Root, "tests/samples/registry"), [directory, "sh", "-c", "echo $MVM_REGISTRY; cat"]);
        string? address = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return new(process, directory, address ?? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync()));
    }

    public void Dispose()
    {
        _process.StandardInput.Close(); // `cat` ends, and with it the registry.
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
