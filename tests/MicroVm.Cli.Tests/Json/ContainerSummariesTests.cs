using System.Text;
using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Cli.Http;
using MicroVm.Cli.Json;

namespace MicroVm.Cli.Tests.Json;

public sealed class ContainerSummariesTests
{
    [Fact]
    public void WhatTheDaemonWritesIsRead()
    {
        ContainerSummary[] summaries =
        [
            new() { Id = "a1" },
            new()
            {
                Id = new string('f', 64),
                Names = ["/web", "/other"],
                Image = "busybox:latest",
                Command = "sh -c 'echo \"ü\\n😀\t]},'",
                Created = 1_790_000_000,
                Ports = [new() { IP = "::", PrivatePort = 80, PublicPort = 65535, Type = "tcp" }, new() { PrivatePort = 53, Type = "udp" }],
                SizeRw = 1L << 40,
                SizeRootFs = 5,
                Labels = new Dictionary<string, string> { ["a\"b"] = "{}", ["empty"] = "" },
                State = "running",
                Status = "Up 3 minutes (healthy)",
                NetworkSettings = new(new Dictionary<string, EndpointSettings> { ["bridge"] = new() }),
                Mounts = [new() { Name = "data", Source = "/var/lib/data" }],
            },
        ];
        byte[] written = JsonSerializer.SerializeToUtf8Bytes(summaries, ApiJsonContext.Api.IReadOnlyListContainerSummary);
        List<ContainerSummary> read = ContainerSummaries.Read(written);
        Assert.Equal(
            Encoding.UTF8.GetString(written), JsonSerializer.Serialize(read, ApiJsonContext.Api.IReadOnlyListContainerSummary));
    }

    [Theory]
    [InlineData("""[{}]""")]
    [InlineData("""[{"Labels": null, "Ports": null, "Names": null, "Mounts": null, "NetworkSettings": null, "Created": "x", "New": [{"a": [1]}]}]""")]
    public void WhatIsMissingOrOfAnotherKindIsEmpty(string json)
    {
        ContainerSummary read = Assert.Single(ContainerSummaries.Read(Encoding.UTF8.GetBytes(json)));
        Assert.Equal((0, 0, 0, 0, 0L), (read.Labels.Count, read.Ports.Count, read.Names.Count, read.Mounts.Count, read.Created));
    }

    [Theory]
    [InlineData("""[{"Id": "a" """)]
    [InlineData("""[{"Id" "a"}]""")]
    [InlineData("""["a"]""")]
    public void WhatIsNoListOfObjectsIsRefused(string json) =>
        Assert.Throws<ProtocolException>(() => ContainerSummaries.Read(Encoding.UTF8.GetBytes(json)));
}
