using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace MicroVm.Cli.Tests.Processes;

/// <summary>The same arguments to mvm and to Docker's own client must ask the engine for the same container.</summary>
public class DockerComparisonTests
{
    private static readonly string[] s_clientOnly = ["NetworkingConfig", "RestartPolicy", "MemorySwappiness", "LogConfig", "ConsoleSize", "NetworkMode"];

    [Theory]
    [InlineData("busybox")]
    [InlineData("busybox sh -c true")]
    [InlineData("-it busybox")]
    [InlineData("-i -a stdin -a stdout busybox")]
    [InlineData("-a STDERR busybox")]
    [InlineData("-e A=1 -e NOT_SET_ANYWHERE -e B= --env C=d=e busybox")]
    [InlineData("--env-file ENVFILE -e A=2 busybox")]
    [InlineData("-w /x -u 1:2 --hostname h --domainname d --entrypoint sh busybox -x")]
    [InlineData("--entrypoint= busybox")]
    [InlineData("-m 64m --cpus 1.5 --shm-size 1g --oom-score-adj -500 busybox")]
    [InlineData("-m 0.5g --cpus .25 busybox")]
    [InlineData("--read-only --privileged --init --rm busybox")]
    [InlineData("--init=false busybox")]
    [InlineData("--tmpfs /a --tmpfs /b:rw,size=1m busybox")]
    [InlineData("--cap-add NET_ADMIN --cap-add=cap_sys_ptrace --cap-drop all busybox")]
    [InlineData("--ulimit nofile=10:20 --ulimit core=-1 --ulimit nproc=5 busybox")]
    [InlineData("--stop-signal INT --stop-timeout 3 busybox")]
    [InlineData("-l a=b --label c --label d=e=f busybox")]
    [InlineData("--label-file LABELFILE -l x=y busybox")]
    [InlineData("-p 80 -p 8080:81 -p 127.0.0.1:82:82/udp -p 127.0.0.1::83 busybox")]
    [InlineData("-p 8000-8002:80-82 -p 9000-9010:90 -p 70-71 busybox")]
    [InlineData("-p 80:80 -p 81:80 -p 79:79 busybox")]
    [InlineData("-p [::1]:80:80 -P --expose 90 --expose 95-96/udp busybox")]
    [InlineData("-p target=80,published=8080 busybox")]
    [InlineData("--dns 1.1.1.1 --dns-search a.b --dns-search . --dns-option ndots:2 busybox")]
    [InlineData("--add-host a:1.2.3.4 --add-host b:host-gateway busybox")]
    [InlineData("--security-opt no-new-privileges --security-opt seccomp=unconfined busybox")]
    [InlineData("--security-opt seccomp=PROFILE --security-opt systempaths=unconfined busybox")]
    [InlineData("--sysctl net.core.somaxconn=5 --group-add audio --group-add 7 --storage-opt size=1G busybox")]
    public void Asks_for_the_same(string arguments)
    {
        string? docker = Array.Find(["/usr/local/bin/docker", "/usr/bin/docker"], File.Exists);
        Assert.SkipWhen(docker is null, "Docker's client is not installed");

        using var directory = new TemporaryDirectory();
        string[] words = Materialise(arguments, directory);
        SortedDictionary<string, string> ours = Normalise(Create(engine => Mvm.Run(engine, ["create", .. words]).ExitCode));
        SortedDictionary<string, string> theirs = Normalise(Create(engine => RunDocker(docker!, engine, words)));
        Assert.Equal(theirs, ours);
    }

    private static string Create(Func<FakeEngine, int> client)
    {
        using var engine = new FakeEngine();
        engine.On("HEAD /_ping", request => request.Raw("HTTP/1.1 200 OK\r\nApi-Version: 1.50\r\nOstype: linux\r\nContent-Length: 0\r\n\r\n"));
        engine.On("POST /containers/create", 201, $$"""{"Id":"{{FakeEngine.ContainerId}}","Warnings":[]}""");
        engine.On("POST /v1.", 201, $$"""{"Id":"{{FakeEngine.ContainerId}}","Warnings":[]}""");
        Assert.Equal(0, client(engine));
        return engine.Requests.Single(request => request.Line.Contains("/containers/create", StringComparison.Ordinal)).Body;
    }

    private static int RunDocker(string docker, FakeEngine engine, string[] words)
    {
        var start = new ProcessStartInfo(docker, ["-H", "unix://" + engine.SocketPath, "create", .. words]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        Mvm.Finish(process);
        return process.ExitCode;
    }

    private static string[] Materialise(string arguments, TemporaryDirectory directory)
    {
        string Write(string name, string text)
        {
            File.WriteAllText(directory.File(name), text);
            return directory.File(name);
        }

        return arguments
            .Replace("ENVFILE", Write("env", "# note\nA=1\n\nQ=\"x y\"\nNOT_SET_ANYWHERE\nPATH_LIKE=$HOME\n"), StringComparison.Ordinal)
            .Replace("LABELFILE", Write("labels", "a=b\nplain\n# c=d\n"), StringComparison.Ordinal)
            .Replace("PROFILE", Write("profile", "{ \"defaultAction\": \"SCMP_ACT_ALLOW\" }"), StringComparison.Ordinal)
            .Split(' ');
    }

    /// <summary>Path to value, without what is absent, empty, zero or false: the API means the same by all of these.</summary>
    private static SortedDictionary<string, string> Normalise(string body)
    {
        var leaves = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using JsonDocument document = JsonDocument.Parse(body);
        Flatten(document.RootElement, "", leaves);
        return leaves;
    }

    private static void Flatten(JsonElement value, string path, SortedDictionary<string, string> leaves)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject().Where(member => !s_clientOnly.Contains(member.Name)))
                {
                    Flatten(member.Value, $"{path}/{member.Name}", leaves);
                }

                // Sets ("80/tcp": {}) count by their keys.
                if (path.Contains("ExposedPorts/", StringComparison.Ordinal))
                {
                    leaves[path] = "";
                }

                break;
            case JsonValueKind.Array:
                List<string> elements = [.. value.EnumerateArray().Select(element => Compact(element))];
                if (elements.Count > 0 || path.EndsWith("Paths", StringComparison.Ordinal))
                {
                    leaves[path] = string.Join(' ', path.EndsWith("Ulimits", StringComparison.Ordinal) ? elements.Order(StringComparer.Ordinal) : elements);
                }

                break;
            default:
                bool isInit = path.EndsWith("/Init", StringComparison.Ordinal);
                bool isLabel = path.StartsWith("/Labels/", StringComparison.Ordinal) || path.Contains("/Tmpfs/", StringComparison.Ordinal);
                if (isInit || isLabel || value.ToString() is not ("" or "0" or "False"))
                {
                    leaves[path] = value.ToString();
                }

                break;
        }
    }

    private static string Compact(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return element.ToString();
        }

        var leaves = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Flatten(element, "", leaves);
        return string.Create(CultureInfo.InvariantCulture, $"({string.Join(',', leaves.Select(leaf => $"{leaf.Key}={leaf.Value}"))})");
    }
}
