using System.Text;
using MicroVm.Engine.Configuration;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Logs;
using MicroVm.Images;

namespace MicroVm.Engine.Tests.Logs;

/// <summary>The options labels, labels-regex, env, env-regex and tag: what entries carry, and what is refused.</summary>
public sealed class LogAttributesTests : IDisposable
{
    private static readonly string s_imageId = new('b', 64);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("labels=app,none", """{"app":"<web> \"1\""}""")]
    [InlineData("labels-regex=^a", """{"app":"<web> \"1\"","az":"2"}""")]
    [InlineData("labels=zone;labels-regex=^az$", """{"az":"2","zone":"é"}""")]
    [InlineData("env=PATH,EMPTY,UNSET", """{"EMPTY":"","PATH":"/bin=x"}""")]
    [InlineData("env-regex=T", """{"EMPTY":"","PATH":"/bin=x"}""")]
    [InlineData("labels=;env=", "")]
    [InlineData("max-size=1m", "")]
    [InlineData("tag={{.Name}}/{{ .ID }}", """{"tag":"web/aaaaaaaaaaaa"}""")]
    [InlineData("tag={{.ImageName}} {{.ImageID}} {{.DaemonName}};labels=az", """{"az":"2","tag":"python:3 bbbbbbbbbbbb mvm"}""")]
    [InlineData("tag=plain } text", """{"tag":"plain } text"}""")]
    public void WhatTheOptionsChooseIsCarried(string options, string expected)
    {
        ContainerSnapshot container = Container(options);
        LogAttributes.Check(container.Spec, container.Effective);
        string json = Encoding.UTF8.GetString(LogAttributes.Of(container));
        Assert.Equal(expected.Replace("<", "\\u003c", StringComparison.Ordinal).Replace(">", "\\u003e", StringComparison.Ordinal), json);
    }

    [Theory]
    [InlineData("labels-regex=(", "invalid value for labels-regex: '(' is not a regular expression")]
    [InlineData("env-regex=(?=a)", "invalid value for env-regex: '(?=a)' is not a regular expression")]
    [InlineData("tag={{.Nope}}", "invalid value for tag: '{{.Nope}}', use {{.ID}}, ")]
    [InlineData("tag=a {{.ID}} {{ b", "invalid value for tag: '{{ b', use {{.ID}}, ")]
    [InlineData("env=LARGE", "larger than 65536 bytes: choose fewer")]
    public void WhatCannotBeIsRefused(string options, string words)
    {
        ContainerSnapshot container = Container(options);
        EngineException e = Assert.Throws<EngineException>(() => LogAttributes.Check(container.Spec, container.Effective));
        Assert.Equal(EngineErrorKind.Invalid, e.Kind);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    /// <summary>A regular expression that would take for ever where it is matched with backtracking.</summary>
    [Fact]
    public void AnExpressionIsMatchedInBoundedTime()
    {
        ContainerSnapshot container = Container("labels-regex=^(a+)+$");
        container = container with { Effective = container.Effective with { Labels = new Dictionary<string, string> { [new string('a', 5000) + "!"] = "" } } };
        Assert.Empty(LogAttributes.Of(container));
    }

    [Fact]
    public async Task EntriesCarryThemAndAreReadBack()
    {
        byte[] attributes = LogAttributes.Of(Container("labels=app,zone"));
        LogSettings settings = LogSettings.Unbounded with { Attributes = attributes };
        using (ContainerLog log = ContainerLog.Start(_directory["log"], _directory["position"], settings))
        {
            log.Append(OutputStream.Stdout, "one\n"u8);
        }

        Assert.StartsWith(
            """{"log":"one\n","stream":"stdout","attrs":{"app":"\u003cweb\u003e \"1\"","zone":"é"},"time":"2""",
            File.ReadAllText(_directory["log"]), StringComparison.Ordinal);
        LogOptions all = new(true, true, Follow: false, Tail: null, Since: null, Until: null);
        List<LogEntry> entries = [];
        await foreach (LogEntry entry in LogReader.ReadAsync(_directory["log"], all, null, CancellationToken.None))
        {
            entries.Add(entry);
        }

        Assert.Equal([new("app", "<web> \"1\""), new("zone", "é")], Assert.Single(entries).Attributes);
    }

    private static ContainerSnapshot Container(string options)
    {
        ContainerSpec spec = new()
        {
            Image = "python:3",
            Command = ["x"],
            Labels = new Dictionary<string, string> { ["zone"] = "é", ["app"] = "<web> \"1\"", ["az"] = "2" },
            Environment = ["PATH=/bin=x", "EMPTY=", "UNSET", "LARGE=" + new string('\u0001', 12_000)],
            LogOptions = options.Split(';').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]),
        };
        string id = new('a', 64);
        EffectiveConfig effective = ConfigMerge.Merge(spec, new(), id) with { Environment = spec.Environment };
        return new()
        {
            Id = id,
            Name = "web",
            Spec = spec,
            ImageId = Digest.Parse(Digest.Prefix + s_imageId),
            Arguments = ["x"],
            Effective = effective,
            Created = DateTimeOffset.UnixEpoch,
            Status = ContainerStatus.Created,
        };
    }
}
