using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Debian's docker-compose over two services.</summary>
public sealed class ComposeTests(DaemonFixture fixture) : IDisposable
{
    private const string Services = """
        version: "3"
        services:
          web:
            image: busybox
            command: sh -c 'echo web is up; exec sleep 100000'
            network_mode: bridge
            healthcheck:
              test: ["CMD", "true"]
              interval: 1s
          job:
            image: busybox
            command: sh -c 'echo job is up; exec sleep 100000'
            network_mode: none
            restart: unless-stopped
            depends_on: [web]
        """;

    private const string WithVolumes = """
        version: "3.7"
        services:
          web:
            image: busybox
            command: sleep 100000
            network_mode: none
            volumes: ["data:/data", "./app:/app:ro"]
        volumes:
          data:
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mvm-compose-");

    private Daemon Daemon => fixture.Daemon;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task TwoServicesGoUpAndDown()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "docker-compose.yml"), Services, TestContext.Current.CancellationToken);
        try
        {
            await ComposeAsync("up", "-d");
            Assert.Equal(2, (await ComposeAsync("ps", "-q")).Split('\n').Length);
            Assert.Equal("in job", await ComposeAsync("exec", "-T", "job", "echo", "in job"));
            string logs = await ComposeAsync("logs", "--no-color");
            Assert.Contains("| web is up", logs);
            Assert.Contains("| job is up", logs);
            Assert.Contains("job_1 is up-to-date", (await RunAsync("up", "-d")).ErrorText);
            await ComposeAsync("restart", "-t", "0", "web");
        }
        finally
        {
            await ComposeAsync("down", "-t", "0");
        }

        string label = "label=com.docker.compose.project=" + _directory.Name.ToLowerInvariant();
        Assert.Empty((await Daemon.MvmAsync("ps", "-aq", "--filter", label)).Succeeded());
    }

    [Fact]
    public async Task VolumesAndDirectoriesOutliveTheServices()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "docker-compose.yml"), WithVolumes, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Directory.CreateDirectory(Path.Combine(_directory.FullName, "app")).FullName + "/page", "from the host", TestContext.Current.CancellationToken);
        string volume = _directory.Name.ToLowerInvariant() + "_data";
        try
        {
            await ComposeAsync("up", "-d");
            Assert.Equal("from the host", await ComposeAsync("exec", "-T", "web", "cat", "/app/page"));
            await ComposeAsync("exec", "-T", "web", "sh", "-c", "echo kept > /data/file");
            Assert.Contains("web_1 is up-to-date", (await RunAsync("up", "-d")).ErrorText);
            await ComposeAsync("down", "-t", "0");
            await ComposeAsync("up", "-d");
            Assert.Equal("kept", await ComposeAsync("exec", "-T", "web", "cat", "/data/file"));
            Assert.Equal(volume, (await Daemon.MvmAsync("volume", "ls", "-q", "--filter", "label=com.docker.compose.volume=data", "--filter", "name=" + volume)).Succeeded());
        }
        finally
        {
            await ComposeAsync("down", "-t", "0", "-v");
        }

        (await Daemon.MvmAsync("volume", "inspect", volume)).Failed(1, "no such volume");
    }

    private async Task<string> ComposeAsync(params string[] arguments) => (await RunAsync(arguments)).Succeeded();

    private Task<CommandResult> RunAsync(params string[] arguments) => Command.RunAsync(
        "docker-compose", ["--project-directory", _directory.FullName, "-f", Path.Combine(_directory.FullName, "docker-compose.yml"), "-p", _directory.Name.ToLowerInvariant(), .. arguments],
        Daemon.ClientEnvironment);
}
