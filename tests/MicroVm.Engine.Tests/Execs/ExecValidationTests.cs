using MicroVm.Engine.Containers;
using MicroVm.Engine.Execs;
using MicroVm.Engine.Tests.InMemory;

namespace MicroVm.Engine.Tests.Execs;

/// <summary>An exec that no guest could be asked for is refused before it is one, in one line.</summary>
public sealed class ExecValidationTests : IAsyncLifetime
{
    private static readonly ExecSpec s_good = new() { Arguments = ["true"] };

    private TestEngine _engine = null!;
    private string _container = "";

    public static TheoryData<ExecSpec, string> Refused => new()
    {
        { s_good with { Arguments = [] }, "No exec command specified" },
        { s_good with { Arguments = ["a\0b"] }, "invalid command: an argument holds a NUL character" },
        { s_good with { Arguments = [new string('x', 131072)] }, "argument too long: one of the command or the environment is longer than 131071 bytes" },
        { s_good with { Arguments = [.. Enumerable.Repeat("x", 4001)] }, TooMuch },
        { s_good with { Arguments = [.. Enumerable.Repeat(new string('x', 100_000), 22)] }, TooMuch },
        { s_good with { Environment = [.. Enumerable.Range(0, 4001).Select(number => $"V{number}=1")] }, TooMuch },
        { s_good with { Environment = [.. Enumerable.Range(0, 22).Select(number => $"V{number}={new string('x', 100_000)}")] }, TooMuch },
        { s_good with { Environment = ["=x"] }, "invalid environment variable: =x" },
        { s_good with { Environment = [""] }, "invalid environment variable: " },
        { s_good with { Environment = ["A=\0"] }, "invalid environment variable: A=" },
        { s_good with { WorkingDirectory = "here" }, "the working directory 'here' is invalid, it needs to be an absolute path" },
        { s_good with { WorkingDirectory = "/a\0" }, "the working directory '/a' is invalid, it needs to be an absolute path" },
        { s_good with { User = "a\nb\0" }, "invalid user: a b" },
        { s_good with { User = new string('ü', 129) }, "invalid user: " + new string('ü', 64) },
    };

    private static string TooMuch => "argument list too long: command and environment may hold 4000 strings each and 2 MiB in all";

    public async ValueTask InitializeAsync()
    {
        _engine = await TestEngine.OpenAsync(new InMemoryHypervisor());
        await TestImage.LoadEmptyAsync(_engine.Images, "tiny");
        _container = await _engine.StartAsync(new ContainerSpec { Image = "tiny", Command = ["sleep"], Environment = ["KEPT=1"] });
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory]
    [MemberData(nameof(Refused))]
    public void WhatCannotRunIsRefusedInOneLine(ExecSpec spec, string message)
    {
        ExecService execs = new(_engine.Service, _engine.Events);
        EngineException e = Assert.Throws<EngineException>(() => execs.Create(_container, spec));
        Assert.Equal(EngineErrorKind.Invalid, e.Kind);
        Assert.StartsWith(message[..Math.Min(message.Length, 70)], e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    /// <summary>Up to the bounds, the container's own variables included.</summary>
    [Fact]
    public void WhatFitsIsTaken()
    {
        ExecService execs = new(_engine.Service, _engine.Events);
        ExecSpec large = s_good with
        {
            Arguments = [new string('x', 131071)],
            Environment = [.. Enumerable.Range(0, 3900).Select(number => $"V{number}=1"), "KEPT"],
            WorkingDirectory = "/" + new string('d', 4000),
            User = "www-data:" + new string('g', 200),
        };
        Assert.Equal(_container, execs.Create(_container, large).ContainerId);
    }
}
