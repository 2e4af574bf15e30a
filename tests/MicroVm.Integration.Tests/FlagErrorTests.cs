using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>A flag of `run` that is wrong: 125, one line that names the value, nothing left.</summary>
[Collection<OwnDaemonCollection>]
public sealed class FlagErrorTests(OwnDaemon own)
{
    [Theory]
    [InlineData("--nosuch", "unknown flag: --nosuch")]
    [InlineData("-m foo", "invalid size: 'foo'")]
    [InlineData("-m 1k", "Minimum memory limit allowed is 64MB")]
    [InlineData("--cpus x", "failed to parse x")]
    [InlineData("--cpus -1", "range of CPUs is from")]
    [InlineData("--cpus 1000", "range of CPUs is from")]
    [InlineData("--ulimit nofile", "invalid ulimit argument: nofile")]
    [InlineData("--ulimit nosuch=1", "invalid ulimit type: nosuch")]
    [InlineData("--ulimit nofile=10:1", "10 > 1")]
    [InlineData("-p x", "invalid containerPort: x")]
    [InlineData("-p 70000:80", "invalid hostPort: 70000")]
    [InlineData("-p 80/foo", "invalid proto: foo")]
    [InlineData("--tmpfs relative", "'relative' mount path must be absolute")]
    [InlineData("--tmpfs /x:nosuch", "Invalid tmpfs option [\"nosuch\"]")]
    [InlineData("--tmpfs /x:size=foo", "rootfs at \"/x\": invalid argument")]
    [InlineData("-u no-such-user", "unable to find user no-such-user")]
    [InlineData("-u 99999999999", "uids and gids must be in range")]
    [InlineData("--cap-add NOSUCH", "unknown capability: \"CAP_NOSUCH\"")]
    [InlineData("--network nosuch", "network nosuch")]
    [InlineData("--pull sometimes", "invalid pull option: 'sometimes'")]
    [InlineData("-e =x", "invalid environment variable: =x")]
    [InlineData("--env-file /no/such", "open /no/such: no such file or directory")]
    [InlineData("--stop-signal NOSUCH", "invalid signal: NOSUCH")]
    [InlineData("-w relative", "'relative' is invalid, it needs to be an absolute path")]
    [InlineData("--name a/b", "Invalid container name (a/b)")]
    public async Task AWrongFlagIsOneLine(string flags, string text)
    {
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            await own.RefusedAsync(client, 125, text, ["run", "--rm", .. flags.Split(' '), "busybox", "true"]);
        }
    }

    [Theory, CombinatorialClients]
    public Task AnUnknownImageIsRefused(string client) =>
        own.RefusedAsync(client, 1, "No such image: no-such-image", "rmi", "no-such-image");

    [Theory, CombinatorialClients]
    public Task AFileThatIsNoProgramIs126(string client) =>
        own.RefusedAsync(client, 126, "permission denied", "run", "--rm", "--network", "none", "busybox", "/etc/passwd");
}
