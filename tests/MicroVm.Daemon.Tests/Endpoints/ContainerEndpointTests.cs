using System.Text.Json;
using MicroVm.Daemon.Tests.Http;
using MicroVm.Engine.Containers;

namespace MicroVm.Daemon.Tests.Endpoints;

public class ContainerEndpointTests
{
    private const string Everything = """
        {"Image":"busybox","Cmd":["echo","a b"],"Entrypoint":null,"Env":["A=1"],"Labels":{"x":"1"},"Tty":false,"OpenStdin":true,
         "StdinOnce":true,"AttachStdin":true,"User":"1000","WorkingDir":"/w","Hostname":"h","StopSignal":"SIGINT","StopTimeout":3,
         "ExposedPorts":{"80/tcp":{},"53/udp":{}},
         "HostConfig":{"Memory":134217728,"NanoCpus":1500000000,"AutoRemove":false,"ReadonlyRootfs":true,"Privileged":false,
           "NetworkMode":"default","PortBindings":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"}]},"CapAdd":["NET_ADMIN"],
           "Ulimits":[{"Name":"nofile","Soft":10,"Hard":20}],"Tmpfs":{"/t":"size=1m"},
           "Mounts":[{"Type":"tmpfs","Target":"/m","TmpfsOptions":{"SizeBytes":4096,"Mode":493}}],
           "RestartPolicy":{"Name":"no"},"LogConfig":{"Type":"","Config":{}},"Binds":null,"Devices":[],"PidMode":"","Unknown":[1]}}
        """;

    [Fact]
    public async Task Create_carries_every_field_over()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync(Everything, "?name=all");
        ContainerSpec spec = server.Containers.Inspect(id).Spec;
        Assert.Equal(["echo", "a b"], spec.Command!);
        Assert.Equal((134217728L, 1500000000L, "1000", "/w"), (spec.Memory, spec.NanoCpus, spec.User, spec.WorkingDirectory));
        Assert.Equal((true, true, true, 3, "SIGINT"), (spec.OpenStdin, spec.StdinOnce, spec.ReadOnlyRoot, spec.StopTimeout, spec.StopSignal));
        Assert.Equal([new("127.0.0.1", 8080, 80, "tcp")], spec.Ports);
        Assert.Equal([new Ulimit("nofile", 10, 20)], spec.Ulimits);
        Assert.Equal(("size=1m", "size=4096,mode=755"), (spec.Tmpfs["/t"], spec.Tmpfs["/m"]));
    }

    [Fact]
    public async Task Inspect_says_what_create_asked_for()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync(Everything, "?name=all");
        JsonElement inspect = await server.GetJsonAsync("/containers/all/json");
        Assert.Equal((id, "/all", "echo"), (
            inspect.GetProperty("Id").GetString(), inspect.GetProperty("Name").GetString(), inspect.GetProperty("Path").GetString()));
        JsonElement state = inspect.GetProperty("State");
        Assert.Equal(("created", "0001-01-01T00:00:00Z"), (state.GetProperty("Status").GetString(), state.GetProperty("StartedAt").GetString()));
        JsonElement host = inspect.GetProperty("HostConfig");
        Assert.Equal(134217728, host.GetProperty("Memory").GetInt64());
        Assert.Equal("8080", host.GetProperty("PortBindings").GetProperty("80/tcp")[0].GetProperty("HostPort").GetString());
        Assert.Equal("a b", inspect.GetProperty("Config").GetProperty("Cmd")[1].GetString());
        Assert.Equal(JsonValueKind.Object, inspect.GetProperty("Config").GetProperty("ExposedPorts").GetProperty("53/udp").ValueKind);
        Assert.Equal(JsonValueKind.Array, inspect.GetProperty("Mounts").ValueKind);
    }

    [Fact]
    public async Task List_has_Dockers_words()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync(Everything, "?name=all");
        Assert.Equal(0, (await server.GetJsonAsync("/containers/json")).GetArrayLength());
        Assert.Equal("Created", (await server.GetJsonAsync("/containers/json?all=1"))[0].GetProperty("Status").GetString());
        await server.SendAsync("POST", $"/containers/{id[..12]}/start");
        JsonElement listed = (await server.GetJsonAsync("/containers/json"))[0];
        Assert.Equal("/all", listed.GetProperty("Names")[0].GetString());
        Assert.Equal("echo 'a b'", listed.GetProperty("Command").GetString());
        Assert.StartsWith("Up ", listed.GetProperty("Status").GetString());
        Assert.Equal((80, 8080), (listed.GetProperty("Ports")[0].GetProperty("PrivatePort").GetInt32(), listed.GetProperty("Ports")[0].GetProperty("PublicPort").GetInt32()));
        Assert.Equal("bridge", listed.GetProperty("HostConfig").GetProperty("NetworkMode").GetString());
    }

    [Theory]
    [InlineData("""{"label":{"x":true}}""", 1)]
    [InlineData("""{"label":{"x=1":true}}""", 1)]
    [InlineData("""{"label":["x=1","tier"]}""", 0)]
    [InlineData("""{"label":{"x=2":true}}""", 0)]
    [InlineData("""{"name":{"^/?all$":true}}""", 1)]
    [InlineData("""{"name":{"al":true}}""", 1)]
    [InlineData("""{"name":{"(":true}}""", 0)]
    [InlineData("""{"id":{"0000":true}}""", 1)]
    [InlineData("""{"status":{"created":true}}""", 1)]
    [InlineData("""{"status":{"running":true}}""", 0)]
    [InlineData("""{"ancestor":{"busybox":true}}""", 1)]
    [InlineData("""{"ancestor":{"other":true}}""", 0)]
    [InlineData("""{"expose":{"80":true}}""", 1)]
    [InlineData("""{"expose":{"50-60/udp":true}}""", 1)]
    [InlineData("""{"expose":{"81/tcp":true}}""", 0)]
    [InlineData("""{"network":{"bridge":true}}""", 1)]
    [InlineData("""{"network":{"none":true}}""", 0)]
    [InlineData("""{"exited":{"0":true}}""", 0)]
    [InlineData("""{"volume":{"v":true}}""", 0)]
    [InlineData("""{"before":{"all":true}}""", 0)]
    [InlineData("""{"is-task":{"false":true}}""", 1)]
    public async Task List_filters(string filters, int count)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        await server.CreateAsync(Everything, "?name=all");
        Assert.Equal(count, (await server.GetJsonAsync("/containers/json?all=1&filters=" + Uri.EscapeDataString(filters))).GetArrayLength());
    }

    [Theory]
    [InlineData("""{"nonsense":{"x":true}}""")]
    [InlineData("""{"status":{"flying":true}}""")]
    [InlineData("""{"exited":{"x":true}}""")]
    [InlineData("""{"expose":{"x":true}}""")]
    [InlineData("""{"is-task":{"perhaps":true}}""")]
    [InlineData("""[1]""")]
    [InlineData("""{"label":1}""")]
    [InlineData("""{"label":{"x":1}}""")]
    [InlineData("""{""")]
    public async Task Wrong_filters_are_refused(string filters)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync("GET", "/containers/json?filters=" + Uri.EscapeDataString(filters));
        Assert.Equal(400, response.Status);
        Assert.Contains("invalid", response.Body);
    }

    [Theory]
    [InlineData("", "config cannot be empty")]
    [InlineData("{", "invalid JSON")]
    [InlineData("[]", "invalid JSON")]
    [InlineData("null", "config cannot be empty")]
    [InlineData("{}", "no image specified")]
    [InlineData("""{"Image":1}""", "Image")]
    [InlineData("""{"Image":"x","HostConfig":{"Memory":"1g"}}""", "HostConfig.Memory")]
    [InlineData("""{"Image":"x","HostConfig":{"PortBindings":{"99999/tcp":[]}}}""", "99999")]
    [InlineData("""{"Image":"x","HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"x"}]}}}""", "\\\"x\\\"")]
    [InlineData("""{"Image":"x","HostConfig":{"Memory":-5}}""", "memory")]
    [InlineData("""{"Image":"x","HostConfig":{"Runtime":"kata"}}""", "unknown or invalid runtime name: kata")]
    public async Task Wrong_create_requests_are_400(string body, string words)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync("POST", "/containers/create", body);
        Assert.Equal(400, response.Status);
        Assert.Contains(words, response.Body);
        Assert.Empty(server.Containers.List());
    }

    [Theory]
    [InlineData(""" "Mounts":[{"Type":"npipe","Source":"/a","Target":"/b"}] """)]
    [InlineData(""" "Mounts":[{"Type":"bind","Source":"/a","Target":"/b","BindOptions":{"NonRecursive":true}}] """)]
    [InlineData(""" "Devices":[{"PathOnHost":"/dev/x"}] """)]
    [InlineData(""" "DeviceRequests":[{"Count":-1}] """)]
    [InlineData(""" "PidMode":"host" """)]
    [InlineData(""" "IpcMode":"host" """)]
    [InlineData(""" "UTSMode":"host" """)]
    [InlineData(""" "Links":["a:b"] """)]
    public async Task What_changes_meaning_and_is_not_done_is_501(string host)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync("POST", "/containers/create", $$"""{"Image":"x","HostConfig":{ {{host}} } }""");
        Assert.Equal(501, response.Status);
        Assert.Contains("supported", response.Body);
        Assert.Empty(server.Containers.List());
    }

    [Fact]
    public async Task What_has_no_effect_is_a_warning()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync("POST", "/containers/create", """{"Image":"x","HostConfig":{"CpuShares":5,"MemoryReservation":10,"OomKillDisable":false}}""");
        Assert.Equal(201, response.Status);
        Assert.Equal(2, JsonDocument.Parse(response.Body).RootElement.GetProperty("Warnings").GetArrayLength());
    }

    [Fact]
    public async Task A_body_without_end_is_refused()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n");
        Assert.Equal(413, (await client.ReadResponseAsync()).Status);
    }

    [Theory]
    [InlineData("POST", "/containers/gone/start", 404, "No such container: gone")]
    [InlineData("GET", "/containers/gone/json", 404, "No such container: gone")]
    [InlineData("GET", "/containers/gone/logs?stdout=1", 404, "No such container: gone")]
    [InlineData("POST", "/containers/gone/wait", 404, "No such container: gone")]
    [InlineData("POST", "/containers/gone/attach?stream=1", 404, "No such container: gone")]
    [InlineData("POST", "/containers/box/kill", 409, "is not running")]
    [InlineData("POST", "/containers/box/stop", 304, "")]
    [InlineData("POST", "/containers/box/wait?condition=never", 400, "invalid condition: \\\"never\\\"")]
    [InlineData("GET", "/containers/box/logs", 400, "you must choose at least one stream")]
    [InlineData("GET", "/containers/box/logs?stdout=1&since=soon", 400, "since")]
    [InlineData("POST", "/containers/box/resize?h=x&w=1", 400, "h")]
    [InlineData("POST", "/containers/box/resize?h=1", 400, "w")]
    [InlineData("POST", "/containers/box/rename", 400, "Neither old nor new names may be empty")]
    [InlineData("POST", "/containers/create?name=box", 409, "already in use")]
    [InlineData("POST", "/containers/create?platform=linux/arm64", 400, "platform linux/arm64")]
    [InlineData("DELETE", "/containers/gone", 404, "No such container: gone")]
    public async Task Failures_have_status_and_words(string method, string path, int status, string words)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        await server.CreateAsync(query: "?name=box");
        RawResponse response = await server.SendAsync(method, path, path.Contains("create") ? """{"Image":"busybox"}""" : "");
        Assert.Equal(status, response.Status);
        Assert.Contains(words, response.Body);
    }

    [Fact]
    public async Task A_missing_image_is_404_so_that_clients_pull() =>
        await WithServer(async server => Assert.Equal(
            (404, """{"message":"No such image: missing:latest"}"""),
            await StatusAndBody(server, "POST", "/containers/create", """{"Image":"missing"}""")));

    [Fact]
    public async Task Start_tells_its_timings_and_twice_is_304() => await WithServer(async server =>
    {
        string id = await server.CreateAsync();
        RawResponse response = await server.SendAsync("POST", $"/containers/{id}/start");
        Assert.Equal((204, "boot;dur=12.5"), (response.Status, response.Header("Server-Timing")));
        Assert.Equal(304, (await server.SendAsync("POST", $"/containers/{id}/start")).Status);
        Assert.Equal(12.5, (await server.GetJsonAsync($"/mvm/containers/{id}/timings")).GetProperty("Milliseconds").GetProperty("boot").GetDouble());
    });

    [Fact]
    public async Task The_life_of_a_container() => await WithServer(async server =>
    {
        string id = await server.CreateAsync();
        Assert.Equal(204, (await server.SendAsync("POST", $"/containers/{id}/start")).Status);
        Assert.Equal(200, (await server.SendAsync("POST", $"/containers/{id}/resize?h=24&w=80")).Status);
        Assert.Equal(409, (await server.SendAsync("DELETE", $"/containers/{id}")).Status);
        Assert.Equal(204, (await server.SendAsync("POST", $"/containers/{id}/stop?t=7&signal=SIGUSR1")).Status);
        Assert.Equal(204, (await server.SendAsync("POST", $"/containers/{id}/rename?name=new")).Status);
        JsonElement listed = (await server.GetJsonAsync("/containers/json?all=1"))[0];
        Assert.Equal("Exited (0) Less than a second ago", listed.GetProperty("Status").GetString());
        Assert.Equal(204, (await server.SendAsync("DELETE", "/containers/new?v=1")).Status);
        Assert.Equal(["resize 24 80", "stop 7 SIGUSR1"], server.Containers.Calls);
    });

    [Fact]
    public async Task Prune_removes_what_does_not_run() => await WithServer(async server =>
    {
        string gone = await server.CreateAsync(query: "?name=four");
        string kept = await server.CreateAsync();
        await server.SendAsync("POST", $"/containers/{kept}/start");
        (int status, string body) = await StatusAndBody(server, "POST", "/containers/prune", "");
        Assert.Equal((200, $$"""{"ContainersDeleted":["{{gone}}"],"SpaceReclaimed":4}"""), (status, body));
        Assert.Equal(kept, server.Containers.List().Single().Id);
    });

    private static async Task WithServer(Func<ApiTestServer, Task> test)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        await test(server);
    }

    private static async Task<(int, string)> StatusAndBody(ApiTestServer server, string method, string path, string body)
    {
        RawResponse response = await server.SendAsync(method, path, body);
        return (response.Status, response.Body.Trim());
    }

    [Theory]
    [InlineData("{}", "update    ", null)]
    [InlineData("""{"Memory":134217728,"NanoCpus":500000000,"PidsLimit":-1}""", "update 134217728 500000000 0 ", null)]
    [InlineData("""{"CpuQuota":50000,"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":2}}""", "update  500000000  RestartPolicy { Mode = OnFailure, MaximumRetries = 2 }", null)]
    [InlineData("""{"CpuShares":512}""", "update    ", "--cpu-shares has no effect.")]
    public async Task Update_takes_what_is_given(string body, string call, string? warning)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync();
        RawResponse response = await server.SendAsync("POST", $"/containers/{id}/update", body);
        Assert.Equal(200, response.Status);
        Assert.Equal([call], server.Containers.Calls);
        string[] warnings = [.. JsonDocument.Parse(response.Body).RootElement.GetProperty("Warnings").EnumerateArray().Select(item => item.GetString()!)];
        Assert.Equal([.. warning is null ? Array.Empty<string>() : [warning], "later"], warnings);
    }

    [Theory]
    [InlineData("""{"Memory":-1}""")]
    [InlineData("""{"RestartPolicy":{"Name":"sometimes"}}""")]
    [InlineData("""{"Memory":"much"}""")]
    public async Task Update_refuses_nonsense(string body)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync();
        Assert.Equal(400, (await server.SendAsync("POST", $"/containers/{id}/update", body)).Status);
    }
}
