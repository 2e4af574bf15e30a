using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MicroVm.Images.Tests.Support;

/// <summary>Debian's docker-registry (the reference implementation) on loopback, empty at first; skopeo fills it.</summary>
public sealed class DockerRegistry : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private Process? _process;

    public string Host { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        int port = FreePort();
        Host = $"127.0.0.1:{port}";
        await File.WriteAllTextAsync(_directory["config.yml"], $"""
            version: 0.1
            log: {"{"}level: error{"}"}
            storage:
              filesystem: {"{"}rootdirectory: {_directory["data"]}{"}"}
            http: {"{"}addr: "{Host}"{"}"}
            """);
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", _directory["config.yml"]])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await WaitUntilItAnswersAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process?.Kill();
        await (_process?.WaitForExitAsync() ?? Task.CompletedTask);
        _process?.Dispose();
        _directory.Dispose();
    }

    /// <summary>Runs skopeo; its arguments are taken as they are.</summary>
    public static async Task SkopeoAsync(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("skopeo", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"skopeo {string.Join(' ', arguments)}: {errors}{await output}");
    }

    private async Task WaitUntilItAnswersAsync()
    {
        using var http = new HttpClient();
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using HttpResponseMessage response = await http.GetAsync(new Uri($"http://{Host}/v2/"));
                return;
            }
            catch (HttpRequestException) when (patience.Elapsed < TimeSpan.FromSeconds(30) && !_process!.HasExited)
            {
                await Task.Delay(20);
            }
        }
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
