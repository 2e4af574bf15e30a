using MicroVm.Engine.Configuration;
using MicroVm.Engine.Containers;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Tests.Configuration;

public sealed class ConfigMergeTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static readonly ImageConfig s_image = new()
    {
        Entrypoint = ["/entry"],
        Cmd = ["default", "args"],
        Env = ["PATH=/image", "A=image", "B=image"],
        WorkingDir = "/image",
        User = "www",
        Labels = new Dictionary<string, string> { ["a"] = "image", ["b"] = "image" },
        ExposedPorts = ["80/tcp"],
        StopSignal = "SIGQUIT",
    };

    [Fact]
    public void ImageDefaultsApplyWhereNothingIsGiven()
    {
        EffectiveConfig merged = Merge(new() { Image = "i" });
        Assert.Equal(["/entry", "default", "args"], ConfigMerge.Arguments(merged));
        Assert.Equal(("/image", "www", "SIGQUIT"), (merged.WorkingDirectory, merged.User, merged.StopSignal));
        Assert.Equal(Id[..12], merged.Hostname);
        Assert.Equal(s_image.Env, merged.Environment);
    }

    [Fact]
    public void CommandReplacesTheImagesCommandOnly() =>
        Assert.Equal(["/entry", "x"], Arguments(new() { Image = "i", Command = ["x"] }));

    [Fact]
    public void EntrypointResetsTheImagesCommand()
    {
        Assert.Equal(["/mine"], Arguments(new() { Image = "i", Entrypoint = ["/mine"] }));
        Assert.Equal(["/mine", "x"], Arguments(new() { Image = "i", Entrypoint = ["/mine"], Command = ["x"] }));
    }

    [Fact]
    public void EmptyEntrypointClearsTheImages()
    {
        Assert.Equal(["x"], Arguments(new() { Image = "i", Entrypoint = [""], Command = ["x"] }));
        Assert.Equal(["x"], Arguments(new() { Image = "i", Entrypoint = [], Command = ["x"] }));
    }

    [Fact]
    public void NothingToRunIsRefusedInDockersWords()
    {
        EngineException e = Assert.Throws<EngineException>(() => Arguments(new() { Image = "i", Entrypoint = [""] }));
        Assert.Equal((EngineErrorKind.Invalid, "no command specified"), (e.Kind, e.Message));
    }

    [Fact]
    public void EnvironmentMergesByName()
    {
        EffectiveConfig merged = Merge(new() { Image = "i", Environment = ["A=mine", "B", "C=new"] });
        Assert.Equal(["A=mine", "B", "C=new", "PATH=/image"], merged.Environment);
    }

    [Fact]
    public void LabelsAndPortsAreUnited()
    {
        EffectiveConfig merged = Merge(new()
        {
            Image = "i",
            Labels = new Dictionary<string, string> { ["b"] = "mine" },
            ExposedPorts = ["443", "80/tcp"],
        });
        Assert.Equal(new Dictionary<string, string> { ["a"] = "image", ["b"] = "mine" }, merged.Labels);
        Assert.Equal(["443/tcp", "80/tcp"], merged.ExposedPorts);
    }

    private static IReadOnlyList<string> Arguments(ContainerSpec spec) => ConfigMerge.Arguments(Merge(spec));

    private static EffectiveConfig Merge(ContainerSpec spec) => ConfigMerge.Merge(spec, s_image, Id);
}
