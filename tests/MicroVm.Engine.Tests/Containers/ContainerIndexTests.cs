using MicroVm.Engine.Configuration;
using MicroVm.Engine.Containers;
using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Tests.Containers;

public sealed class ContainerIndexTests
{
    private static readonly EngineOptions s_options = new() { Root = "/r", RunDirectory = "/run", Kernel = "k", Initramfs = "i" };

    private readonly ContainerIndex _index = new();

    [Fact]
    public void FindsByIdNameAndPrefix()
    {
        Container one = Add("ab" + new string('0', 62), "one");
        Container two = Add("ac" + new string('0', 62), "two");
        Assert.Same(one, _index.Find(one.Id));
        Assert.Same(one, _index.Find("/one"));
        Assert.Same(two, _index.Find("ac0"));
        Assert.Equal(EngineErrorKind.Invalid, Assert.Throws<EngineException>(() => _index.Find("a")).Kind);
    }

    [Theory]
    [InlineData("nope")]
    [InlineData("ff")]
    [InlineData("")]
    [InlineData("/")]
    public void WhatIsNotThereIsToldAsDockerTellsIt(string name)
    {
        Add("ab" + new string('0', 62), "one");
        EngineException e = Assert.Throws<EngineException>(() => _index.Find(name));
        Assert.Equal((EngineErrorKind.NotFound, "No such container: " + name.Trim('/')), (e.Kind, e.Message));
    }

    [Fact]
    public void ATakenNameIsAConflictInDockersWords()
    {
        string id = new('a', 64);
        _index.Reserve("web", id);
        EngineException e = Assert.Throws<EngineException>(() => _index.Reserve("/web", new('b', 64)));
        Assert.Equal(EngineErrorKind.Conflict, e.Kind);
        Assert.Equal(
            $"Conflict. The container name \"/web\" is already in use by container \"{id}\". You have to remove (or rename) that container to be able to reuse that name.",
            e.Message);
        _index.Release("web");
        Assert.Equal("web", _index.Reserve("web", id));
    }

    [Fact]
    public void RenamingMovesTheName()
    {
        Container one = Add("ab" + new string('0', 62), "one");
        Add("ac" + new string('0', 62), "two");
        Assert.Equal(EngineErrorKind.Conflict, Assert.Throws<EngineException>(() => _index.Rename(one, "two", _ => { })).Kind);
        _index.Rename(one, "three", name => one.UpdateSnapshot(s => s with { Name = name }));
        Assert.Same(one, _index.Find("three"));
        Assert.Throws<EngineException>(() => _index.Find("one"));
        _index.Remove(one);
        Assert.Equal("three", _index.Reserve("three", new('c', 64)));
    }

    private Container Add(string id, string name)
    {
        ContainerSpec spec = new() { Image = "i", Command = ["x"] };
        Container container = new(
            new(
                new()
                {
                    Id = id,
                    Name = name,
                    Spec = spec,
                    ImageId = Digest.FromHash(new byte[32]),
                    Arguments = ["x"],
                    Effective = ConfigMerge.Merge(spec, new ImageConfig(), id),
                    Created = DateTimeOffset.UnixEpoch,
                    Status = ContainerStatus.Created,
                },
                null),
            new(s_options, id));
        _index.Add(container);
        return container;
    }
}
