using MicroVm.Engine.Configuration;

namespace MicroVm.Engine.Tests.Configuration;

public sealed class ContainerNamesTests
{
    [Fact]
    public void IdsAreHexAndNotDecimalHostnames()
    {
        string[] ids = [.. Enumerable.Range(0, 100).Select(_ => ContainerNames.NewId())];
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{64}$", id));
        Assert.All(ids, id => Assert.Matches("[a-f]", id[..12]));
        Assert.Equal(100, ids.Distinct().Count());
    }

    [Theory]
    [InlineData("web", "web")]
    [InlineData("/web.1_a-b", "web.1_a-b")]
    public void GoodNamesLoseTheirSlash(string name, string expected) => Assert.Equal(expected, ContainerNames.Validate(name));

    [Theory]
    [InlineData("a")]
    [InlineData("-a")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("ab\n")]
    [InlineData("é1")]
    public void BadNamesAreRefused(string name)
    {
        EngineException e = Assert.Throws<EngineException>(() => ContainerNames.Validate(name));
        Assert.Equal(EngineErrorKind.Invalid, e.Kind);
        Assert.StartsWith("Invalid container name (", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GeneratedNamesAreValidAndAvoidTakenOnes()
    {
        Assert.Matches("^[a-z]+_[a-z]+$", ContainerNames.Generate(_ => false));
        int asked = 0;
        string name = ContainerNames.Generate(_ => ++asked < 10);
        Assert.Matches("^[a-z]+_[a-z]+[0-9]+$", name);
        Assert.Equal(name, ContainerNames.Validate(name));
    }

    [Fact]
    public void WordsAreDistinct()
    {
        Assert.Equal(NameWords.Adjectives.Length, NameWords.Adjectives.Distinct().Count());
        Assert.Equal(NameWords.Surnames.Length, NameWords.Surnames.Distinct().Count());
    }
}
