using System.Text;

namespace MicroVm.Builds.Tests;

public sealed class IgnoreFileTests
{
    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "b/a", false)]
    [InlineData("a", "a/b/c", true)]
    [InlineData("/a/", "a/b", true)]
    [InlineData("./a/../b", "b", true)]
    [InlineData("*.md", "x.md", true)]
    [InlineData("*.md", "d/x.md", false)]
    [InlineData("*/*.md", "d/x.md", true)]
    [InlineData("**/*.md", "x.md", true)]
    [InlineData("**/*.md", "d/e/x.md", true)]
    [InlineData("**/node_modules", "a/b/node_modules/c", true)]
    [InlineData("a/**", "a/b/c", true)]
    [InlineData("a/**/z", "a/z", true)]
    [InlineData("a/**/z", "a/b/c/z", true)]
    [InlineData("a/**/z", "a/bz", false)]
    [InlineData("**", "anything/at/all", true)]
    [InlineData("x?", "xy", true)]
    [InlineData("x?", "x/", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[^a-c]x", "bx", false)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "x", false)]
    [InlineData(".git", ".gitignore", false)]
    [InlineData("# a\n\n a ", "a", true)]
    [InlineData("a.b", "axb", false)]
    [InlineData("*.md\n!README.md", "README.md", false)]
    [InlineData("*.md\n!README.md", "OTHER.md", true)]
    [InlineData("!README.md\n*.md", "README.md", true)]
    [InlineData("d\n!d/keep", "d/keep", false)]
    [InlineData("d\n!d/keep", "d/other", true)]
    [InlineData("*\n!src/**\nsrc/bin", "src/a/b", false)]
    [InlineData("*\n!src/**\nsrc/bin", "src/bin/b", true)]
    [InlineData("foo\r\nbar\r\n", "bar", true)]
    public void The_last_pattern_that_matches_counts(string patterns, string path, bool excluded) =>
        Assert.Equal(excluded, IgnoreFile.Parse(Encoding.UTF8.GetBytes(patterns)).Excludes(path));

    [Fact]
    public void Exceptions_are_known_and_a_lone_mark_is_refused()
    {
        Assert.True(IgnoreFile.Parse("a\n!b"u8).HasExceptions);
        Assert.False(IgnoreFile.Parse("a\nb"u8).HasExceptions);
        Assert.Throws<DockerfileException>(() => IgnoreFile.Parse("!"u8));
    }

    [Fact]
    public void Stars_in_a_row_cost_no_more_than_their_length() =>
        Assert.False(IgnoreFile.Parse(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("*a", 2000)) + "b")).Excludes(new string('a', 4000)));
}
