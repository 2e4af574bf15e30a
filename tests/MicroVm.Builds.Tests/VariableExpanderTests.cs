namespace MicroVm.Builds.Tests;

/// <summary>Docker's substitution of variables; NAME is set, EMPTY is empty, NONE is not there.</summary>
public sealed class VariableExpanderTests
{
    private static readonly Dictionary<string, string> s_variables = new() { ["NAME"] = "value", ["EMPTY"] = "", ["LIST"] = "a b  c", ["_x1"] = "under" };

    private static VariableExpander New(char escape = '\\') => new(escape, name => s_variables.GetValueOrDefault(name));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$NAME", "value")]
    [InlineData("${NAME}x", "valuex")]
    [InlineData("$NAMEx", "")]
    [InlineData("$_x1-", "under-")]
    [InlineData("\\$NAME", "$NAME")]
    [InlineData("'$NAME'", "$NAME")]
    [InlineData("\"$NAME\"", "value")]
    [InlineData("\"\\$NAME \\x \\\"\"", "$NAME \\x \"")]
    [InlineData("${NONE:-other}", "other")]
    [InlineData("${EMPTY:-other}", "other")]
    [InlineData("${EMPTY-other}", "")]
    [InlineData("${NAME:-other}", "value")]
    [InlineData("${NAME:+other}", "other")]
    [InlineData("${NONE:+other}", "")]
    [InlineData("${EMPTY+other}", "other")]
    [InlineData("${NONE:-$NAME}", "value")]
    [InlineData("${NONE:-${EMPTY:-${NAME}}}", "value")]
    [InlineData("${NONE:-'a}b'}", "a}b")]
    [InlineData("${NAME:?missing}", "value")]
    [InlineData("a\\ b", "a b")]
    [InlineData("$", "$")]
    [InlineData("$ x", "$ x")]
    [InlineData("a$1b", "ab")]
    [InlineData("\"a\"'b'c", "abc")]
    [InlineData("c:\\\\x", "c:\\x")]
    public void Words_are_replaced(string text, string expected) => Assert.Equal(expected, New().Word(text));

    [Theory]
    [InlineData("$LIST", new[] { "a", "b", "c" })]
    [InlineData("\"$LIST\"", new[] { "a b  c" })]
    [InlineData("x$LIST", new[] { "xa", "b", "c" })]
    [InlineData("$NONE", new string[0])]
    [InlineData("\"\"", new[] { "" })]
    [InlineData("a b", new[] { "a", "b" })]
    public void Values_with_spaces_become_several_words(string text, string[] expected) => Assert.Equal(expected, New().Words(text));

    [Theory]
    [InlineData("'a")]
    [InlineData("\"a")]
    [InlineData("${")]
    [InlineData("${}")]
    [InlineData("${NAME")]
    [InlineData("${NAME:")]
    [InlineData("${NONE:-a")]
    [InlineData("${NAME@Q}")]
    [InlineData("${NONE:?is needed}")]
    public void What_is_not_closed_or_not_known_is_refused(string text) => Assert.Throws<DockerfileException>(() => New().Word(text));

    [Fact]
    public void The_escape_is_the_files() => Assert.Equal("$NAME \\value", New('`').Word("`$NAME \\$NAME"));

    [Fact]
    public void Nesting_and_growth_are_bounded()
    {
        Assert.Throws<DockerfileException>(() => New().Word(string.Concat(Enumerable.Repeat("${NONE:-", 1000)) + new string('}', 1000)));
        var doubling = new VariableExpander('\\', _ => new string('x', 1 << 16));
        Assert.Throws<DockerfileException>(() => doubling.Word(string.Concat(Enumerable.Repeat("$A", 17))));
    }
}
