using MicroVm.Cli.Tests.Processes;

namespace MicroVm.Cli.Tests.Completion;

/// <summary>A daemon with a container in each state, images, and names that no engine of ours would give.</summary>
internal static class Engines
{
    private const string Containers = """
        [{"Id":"1","Names":["/web"],"Image":"nginx:1","State":"running","Status":"Up 3 minutes","Labels":{"a":"$(touch label)"}},
         {"Id":"2","Names":["/worker.1"],"Image":"x\u001b[31m\n$(touch image)","State":"running","Status":"Up"},
         {"Id":"3","Names":["/idle"],"Image":"redis","State":"paused","Status":"Up (Paused)"},
         {"Id":"4","Names":["/old"],"Image":"redis","State":"exited","Status":"Exited (0)"},
         {"Id":"5","Names":["/$(touch name)","/a b","/;touch name","/`touch name`","/z\ntouch name","/q'uote","/","/\u00e9"],"Image":"i","State":"running","Status":"Up"}]
        """;

    private const string Images = """
        [{"Id":"sha256:1","RepoTags":["python:3.11-slim","python:3"]},
         {"Id":"sha256:2","RepoTags":["localhost:5000/team/app:latest"]},
         {"Id":"sha256:3","RepoTags":["<none>:<none>","$(touch image)"]},
         {"Id":"sha256:4","RepoTags":null}]
        """;

    internal static FakeEngine Make() => new FakeEngine()
        .On("GET /containers/json?all=1", 200, Containers)
        .On("GET /images/json", 200, Images);
}
