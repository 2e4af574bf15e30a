using System.Diagnostics;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>Debian's docker-registry on loopback, empty at first; with a password, or open to everybody.</summary>
public sealed class EmptyRegistry : IDisposable
{
    public const string User = "me";
    public const string Password = "pa ss:word";

    private const string PasswordHash = "$2b$04$wr8f4Jbjf2.TOaKW4Tsv8O1xDbRy3HnYCFEblRz.nGipS16Cbbixy";

    private readonly string _directory;
    private readonly Process _process;

    private EmptyRegistry(string directory, Process process, string address) => (_directory, _process, Address) = (directory, process, address);

    /// <summary>host:port</summary>
    public string Address { get; }

    public static async Task<EmptyRegistry> StartAsync(bool hasPassword = false)
    {
        string directory = Directory.CreateTempSubdirectory("mvm-registry").FullName;
        string address = $"127.0.0.1:{LoopbackPort.Free()}";
        string passwords = Path.Combine(directory, "passwords");
        await File.WriteAllTextAsync(passwords, $"{User}:{PasswordHash}\n");
        string auth = hasPassword ? $"auth:\n  htpasswd:\n    realm: test\n    path: {passwords}" : "";
        await File.WriteAllTextAsync(Path.Combine(directory, "config.yml"), $$"""
            version: 0.1
            log: {level: error}
            storage:
              filesystem:
                rootdirectory: {{directory}}/data
            http:
              addr: {{address}}

            """ + auth);
        Process process = Command.Start("docker-registry", ["serve", Path.Combine(directory, "config.yml")]);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        EmptyRegistry registry = new(directory, process, address);
        await registry.WaitUntilItAnswersAsync();
        return registry;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task WaitUntilItAnswersAsync()
    {
        using var http = new HttpClient();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using HttpResponseMessage response = await http.GetAsync(new Uri($"http://{Address}/v2/"));
                return;
            }
            catch (HttpRequestException) when (attempt < 600 && !_process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }
}
