using MicroVm.Cli.Copies;

namespace MicroVm.Cli.Tests.Copies;

/// <summary>Docker's rules, of the paths alone; both clients are compared in the integration tests.</summary>
public sealed class CopyPlanTests
{
    [Theory]
    [InlineData("/a/f", false, "/b", "dir", "/b", null)]
    [InlineData("/a/d", true, "/b/", "dir", "/b/", null)]
    [InlineData("/a/f", false, "/b/c", "file", "/b", "c")]
    [InlineData("/a/f", false, "/b/c", "none", "/b", "c")]
    [InlineData("/a/d", true, "/b/c", "none", "/b", "c")]
    [InlineData("/a/d/.", true, "/b/c/", "none", "/b", "c")]
    public void AnArchiveGoes(string source, bool isDirectory, string destination, string kind, string directory, string? rename) =>
        Assert.Equal(new CopyPlan(directory, rename), Plan(source, isDirectory, destination, kind));

    [Theory]
    [InlineData(true, "/b/c", "file", "cannot copy directory")]
    [InlineData(false, "/b/c/", "none", "no such directory")]
    [InlineData(false, "/b/c/.", "none", "no such directory")]
    public void WhatCannotBeIsSaid(bool isDirectory, string destination, string kind, string message) =>
        Assert.Equal(message, Assert.Throws<CliException>(() => Plan("/a/x", isDirectory, destination, kind)).Message);

    [Theory]
    [InlineData("", ".")]
    [InlineData("/", "/")]
    [InlineData("//a//b/", "/a/b")]
    [InlineData("a/./b/..", "a")]
    [InlineData("../../a", "../../a")]
    [InlineData("/../a", "/a")]
    [InlineData("a/../..", "..")]
    public void PathsAreCleaned(string path, string clean) => Assert.Equal(clean, GoPath.Clean(path));

    [Theory]
    [InlineData("/a/b", "/a", "b")]
    [InlineData("/a/b/", "/a", "b")]
    [InlineData("/a/b/.", "/a/b", ".")]
    [InlineData("/.", "/", ".")]
    [InlineData("b", ".", "b")]
    public void PathsAreSplit(string path, string directory, string entry) => Assert.Equal((directory, entry), GoPath.Split(path));

    [Theory]
    [InlineData("c:/x", "c", "/x")]
    [InlineData("c:x:y", "c", "x:y")]
    [InlineData("/c:x", null, "/c:x")]
    [InlineData("./c:x", null, "./c:x")]
    [InlineData("x", null, "x")]
    [InlineData("-", null, "-")]
    public void ArgumentsAreTold(string argument, string? container, string path) =>
        Assert.Equal(new CopyArgument(container, path), CopyArgument.Parse(argument));

    private static CopyPlan Plan(string source, bool isDirectory, string destination, string kind) =>
        CopyPlan.Of(new(source, Exists: true, isDirectory), new(destination, kind != "none", kind == "dir"));
}
