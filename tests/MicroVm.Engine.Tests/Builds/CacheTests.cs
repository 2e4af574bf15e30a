using MicroVm.Engine.Builds;
using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Tests.Builds;

/// <summary>Which steps are done again, what becomes of their images, and what the configuration says in the end.</summary>
public sealed class CacheTests : IAsyncLifetime
{
    private const string File = "FROM base\nENV A=1\nCOPY a /a\nCOPY b /b\nCMD [\"x\"]";

    private TestBuilder _builder = null!;

    private int Cached => _builder.Output.Split(" ---> Using cache\n").Length - 1;

    public async ValueTask InitializeAsync() => _builder = await TestBuilder.OpenAsync();

    public ValueTask DisposeAsync() => _builder.DisposeAsync();

    [Fact]
    public async Task Steps_are_done_once()
    {
        StoredImage first = await _builder.BuildAsync(File, ("a", "A"), ("b", "B"));
        Assert.Equal(0, Cached);
        Assert.Equal(first.Id, (await _builder.BuildAsync(File, ("a", "A"), ("b", "B"))).Id);
        Assert.Equal(4, Cached);
        await _builder.BuildAsync(File, ("a", "A"), ("b", "changed"));
        Assert.Equal(2, Cached);
        await _builder.BuildAsync(File.Replace("A=1", "A=2", StringComparison.Ordinal), ("a", "A"), ("b", "B"));
        Assert.Equal(0, Cached);
        await _builder.BuildAsync(new() { NoCache = true }, TestBuilder.Context(("Dockerfile", File), ("a", "A"), ("b", "B")));
        Assert.Equal(0, Cached);
    }

    [Fact]
    public async Task Steps_go_with_the_last_image_that_needs_them()
    {
        var named = new BuildRequest { Names = [ImageReference.Parse("made")] };
        await _builder.BuildAsync(named, TestBuilder.Context(("Dockerfile", File), ("a", "A"), ("b", "B")));
        await _builder.BuildAsync(named with { Names = [ImageReference.Parse("other")] }, TestBuilder.Context(("Dockerfile", File), ("a", "A"), ("b", "changed")));
        Assert.Equal(1 + 4 + 2, _builder.Images.List().Count);
        Assert.Equal(4, _builder.Images.List().Count(image => image.RepoTags.Count == 0 && image.HasChildren));
        _builder.Images.Remove("made", force: false, _ => []);
        Assert.Equal(1 + 4, _builder.Images.List().Count);
        _builder.Images.Remove("other", force: false, _ => []);
        Assert.Equal(["base:latest"], Assert.Single(_builder.Images.List()).RepoTags);
    }

    [Fact]
    public async Task Steps_that_others_were_made_of_are_not_removed()
    {
        StoredImage image = await _builder.BuildAsync(File, ("a", "A"), ("b", "B"));
        string parent = image.Parent!.Value.ToString();
        Assert.Contains("image has dependent child images", Assert.Throws<Images.ImageException>(() => _builder.Images.Remove(parent, force: true, _ => [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_named_image_is_a_cache_where_its_steps_are_not_there()
    {
        var request = new BuildRequest { Names = [ImageReference.Parse("made")] };
        StoredImage made = await _builder.BuildAsync(request, TestBuilder.Context(("Dockerfile", File), ("a", "A"), ("b", "B")));
        _builder.Images.ForgetBuilds();
        StoredImage again = await _builder.BuildAsync(new() { CacheFrom = ["made"] }, TestBuilder.Context(("Dockerfile", File), ("a", "A"), ("b", "changed")));
        Assert.Equal(2, Cached);
        Assert.Equal(made.DiffIds.Take(made.DiffIds.Count - 1), again.DiffIds.Take(again.DiffIds.Count - 1));
    }

    [Fact]
    public async Task Stages_that_are_not_needed_are_not_built()
    {
        const string file = "FROM base AS one\nCOPY a /a\nFROM base AS two\nCOPY none /x\nFROM one\nLABEL k=v\n";
        await _builder.BuildAsync(file, ("a", "A"));
        Assert.Contains("Step 1/4 : FROM base AS one", _builder.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("two", _builder.Output, StringComparison.Ordinal);
        await Assert.ThrowsAsync<EngineException>(() => _builder.BuildAsync(new() { Target = "TWO" }, TestBuilder.Context(("Dockerfile", file), ("a", "A"))));
    }

    [Fact]
    public async Task The_configuration_is_what_the_instructions_say()
    {
        StoredImage image = await _builder.BuildAsync(new()
        {
            Arguments = new Dictionary<string, string?> { ["V"] = "given", ["NOT"] = "used" },
            Labels = new Dictionary<string, string> { ["l"] = "$V" },
        },
            TestBuilder.Context(("Dockerfile", """
            ARG BASE=base
            FROM $BASE
            ARG V=default
            ARG W=${V}-w
            ENV PATH=/x:$PATH A="$V $W" B=$A
            LABEL m="a b"
            EXPOSE 81-82 80/udp
            USER app
            VOLUME /v $B
            STOPSIGNAL SIGINT
            SHELL ["/bin/ash", "-c"]
            HEALTHCHECK --interval=5s CMD true
            CMD gone
            ENTRYPOINT entry
            CMD last
            ONBUILD COPY a /a
            MAINTAINER me
            """)));
        ImageConfig config = image.Config;
        Assert.Equal(["PATH=/x:/bin:/usr/bin", "FROM_IMAGE=yes", "A=given given-w", "B="], config.Env);
        Assert.Equal((["a b", "$V"]), [config.Labels["m"], config.Labels["l"]]);
        Assert.Equal(["80/udp", "81/tcp", "82/tcp"], config.ExposedPorts.Order());
        Assert.Equal(("app", "SIGINT", "me"), (config.User, config.StopSignal, config.Author));
        Assert.Equal(["/bin/ash", "-c", "last"], config.Cmd!);
        Assert.Equal(["/bin/ash", "-c", "entry"], config.Entrypoint!);
        Assert.Equal(["CMD-SHELL", "true"], config.Healthcheck!.Test);
        Assert.Equal(["COPY a /a"], config.OnBuild);
        Assert.Contains("[Warning] One or more build-args [NOT] were not consumed", _builder.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Triggers_run_when_others_build_on_the_image()
    {
        await _builder.BuildAsync(new() { Names = [ImageReference.Parse("trigger")] }, TestBuilder.Context(("Dockerfile", "FROM base\nONBUILD COPY a /triggered\nONBUILD ENV T=1")));
        StoredImage image = await _builder.BuildAsync("FROM trigger\nENV U=2", ("a", "A"));
        Assert.Contains("# Executing 2 build triggers\n", _builder.Output, StringComparison.Ordinal);
        Assert.Equal("triggered 600 0:0 A", _builder.List(image, "triggered"));
        Assert.Equal(["T=1", "U=2"], image.Config.Env.TakeLast(2));
        Assert.Empty(image.Config.OnBuild);
    }
}
