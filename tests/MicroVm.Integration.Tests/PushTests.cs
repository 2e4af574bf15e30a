using System.Text;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>push, login and logout, with a registry of the test's own.</summary>
public sealed class PushTests(DaemonFixture fixture)
{
    private Daemon Daemon => fixture.Daemon;

    [Theory, CombinatorialClients]
    public async Task APushedImageIsPulledElsewhereAndRuns(string client)
    {
        using EmptyRegistry registry = await EmptyRegistry.StartAsync();
        string repository = $"{registry.Address}/pushed/{client}";
        (await Daemon.MvmAsync("run", "--name", "before-" + client, "--network", "none", "busybox", "sh", "-c", "echo made > /made")).Succeeded();
        (await Daemon.ClientAsync(client, ["commit", "before-" + client, repository + ":1"])).Succeeded();
        (await Daemon.MvmAsync("rm", "before-" + client)).Succeeded();

        string pushed = (await Daemon.ClientAsync(client, ["push", repository + ":1"])).Succeeded();

        Assert.Contains($"The push refers to repository [{repository}]", pushed, StringComparison.Ordinal);
        Assert.Matches("1: digest: sha256:[0-9a-f]{64} size: [0-9]+", pushed);
        Assert.Contains("Layer already exists", (await Daemon.ClientAsync(client, ["push", repository + ":1"])).Succeeded(), StringComparison.Ordinal);
        await using Daemon other = await Daemon.StartAsync("{}");
        Assert.Equal("made", (await other.ClientAsync(client, ["run", "--rm", "--network", "none", repository + ":1", "cat", "/made"])).OutputText.Trim());
        (await Daemon.ClientAsync(client, ["tag", repository + ":1", repository + ":2"])).Succeeded();
        (await Daemon.ClientAsync(client, ["push", "-a", repository])).Succeeded();
        (await other.ClientAsync(client, ["pull", repository + ":2"])).Succeeded();
        (await Daemon.ClientAsync(client, ["push", repository + "/none:1"])).Failed(1, $"An image does not exist locally with the tag: {repository}/none");
    }

    [Theory, CombinatorialClients]
    public async Task ALoginIsKeptAndUsed(string client)
    {
        using EmptyRegistry registry = await EmptyRegistry.StartAsync(hasPassword: true);
        string name = $"{registry.Address}/secret:{client}";
        string config = Directory.CreateTempSubdirectory("mvm-login").FullName;
        await File.WriteAllTextAsync(Path.Combine(config, "config.json"), """{"detachKeys":"ctrl-e,e"}""");
        (await Daemon.MvmAsync("tag", "busybox", name)).Succeeded();
        (await LoggedAsync(client, config, ["push", name])).Failed(1, "no basic auth credentials");
        (await LoggedAsync(client, config, ["login", "-u", EmptyRegistry.User, "--password-stdin", registry.Address], "wrong")).Failed(1, "unauthorized");

        CommandResult login = await LoggedAsync(client, config, ["login", "-u", EmptyRegistry.User, "--password-stdin", registry.Address], EmptyRegistry.Password + "\n");

        Assert.Contains("Login Succeeded", login.Succeeded(), StringComparison.Ordinal);
        (await LoggedAsync(client, config, ["push", name])).Succeeded();

        // Each reads what the other has written.
        string other = CombinatorialClientsAttribute.Clients.First(each => each != client);
        (await LoggedAsync(other, config, ["pull", name])).Succeeded();
        string kept = await File.ReadAllTextAsync(Path.Combine(config, "config.json"));
        Assert.Contains("ctrl-e,e", kept, StringComparison.Ordinal);
        if (client == "mvm")
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(config, "config.json")));
        }

        Assert.Contains("Removing login credentials", (await LoggedAsync(client, config, ["logout", registry.Address])).Succeeded(), StringComparison.Ordinal);
        (await LoggedAsync(client, config, ["pull", name])).Failed(1, "no basic auth credentials");
        Directory.Delete(config, recursive: true);
    }

    private Task<CommandResult> LoggedAsync(string client, string config, string[] arguments, string input = "") =>
        Daemon.ClientAsync(client, arguments, new Dictionary<string, string> { ["DOCKER_CONFIG"] = config }, Encoding.UTF8.GetBytes(input));
}
