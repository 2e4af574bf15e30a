using System.Text.Json;
using MicroVm.Cli.Templates;

namespace MicroVm.Cli.Tests.Templates;

public class GoTemplateTests
{
    private const string Document = """
        {"ID":"abc","State":{"Running":true,"ExitCode":3,"Error":""},"List":["b","a"],"None":null,"Empty":[],
         "Map":{"y":{"IP":"2"},"x":{"IP":"1"}},"Labels":"k=v,com.x=y z","Config":{"Labels":{"a.b":"c"}},"Text":"ünï <&>"}
        """;

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("{{.ID}}", "abc")]
    [InlineData("{{ .State.ExitCode }}/{{.State.Running}}", "3/true")]
    [InlineData("{{json .State}}", "{\"Running\":true,\"ExitCode\":3,\"Error\":\"\"}")]
    [InlineData("{{json .Text}}", "\"ünï <&>\"")]
    [InlineData("{{.State | json}}", "{\"Running\":true,\"ExitCode\":3,\"Error\":\"\"}")]
    [InlineData("{{range .List}}[{{.}}]{{end}}", "[b][a]")]
    [InlineData("{{range .Map}}{{.IP}} {{end}}", "1 2 ")]
    [InlineData("{{range .Empty}}x{{else}}none{{end}}", "none")]
    [InlineData("{{if .State.Running}}up{{else}}down{{end}}", "up")]
    [InlineData("{{if .State.Error}}bad{{else if eq .State.ExitCode 3}}three{{else}}fine{{end}}", "three")]
    [InlineData("{{with .State}}{{.ExitCode}}{{$.ID}}{{end}}", "3abc")]
    [InlineData("{{index .Config.Labels \"a.b\"}}", "c")]
    [InlineData("{{index .Config.Labels \"no\"}}|", "|")]
    [InlineData("{{index .List 1}}", "a")]
    [InlineData("{{(index .Map \"x\").IP}}", "1")]
    [InlineData("{{join .List \",\"}}", "b,a")]
    [InlineData("{{upper .ID}}{{lower \"AB\"}}{{title \"ab cd\"}}", "ABCabAb Cd")]
    [InlineData("{{len .List}}{{len .ID}}", "23")]
    [InlineData("{{truncate .ID 2}}", "ab")]
    [InlineData("{{println .ID}}", "abc\n")]
    [InlineData("{{if and .State.Running (not .State.Error)}}y{{end}}", "y")]
    [InlineData("{{if or .Empty .ID}}y{{end}}", "y")]
    [InlineData("{{if gt .State.ExitCode 2}}y{{end}}", "y")]
    [InlineData("{{.Label \"com.x\"}}", "y z")]
    [InlineData("{{.Label \"nope\"}}|", "|")]
    [InlineData("a {{- .ID -}} b", "aabcb")]
    [InlineData("{{/* note */}}x", "x")]
    [InlineData("{{\"}}\"}}", "}}")]
    [InlineData("{{`raw`}}", "raw")]
    [InlineData("{{.None}}", "<no value>")]
    [InlineData("{{.List}}", "[b a]")]
    [InlineData("{{split \"a.b\" \".\" | json}}", "[\"a\",\"b\"]")]
    [InlineData("{{range .List}}{{range $.List}}{{.}}{{end}};{{end}}", "ba;ba;")]
    public void Renders(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{{.Nope}}", "can't evaluate field Nope")]
    [InlineData("{{.ID.X}}", "can't evaluate field X")]
    [InlineData("{{.None.X}}", "nil data; no entry for key \"X\"")]
    [InlineData("{{", "unclosed action")]
    [InlineData("{{.ID", "unclosed action")]
    [InlineData("{{}}", "missing value for command")]
    [InlineData("{{nope .ID}}", "function \"nope\" not defined")]
    [InlineData("{{if .ID}}", "unexpected EOF")]
    [InlineData("{{end}}", "unexpected {{end}}")]
    [InlineData("{{\"x}}", "unterminated quoted string")]
    [InlineData("{{(.ID}}", "unclosed left paren")]
    [InlineData("{{$x}}", "variables are not supported")]
    [InlineData("{{join .List}}", "wrong number of args for join: want 2 got 1")]
    [InlineData("{{index .List 5}}", "error calling index: 5 is out of range")]
    [InlineData("{{range .ID}}{{end}}", "range can't iterate over abc")]
    public void Says_what_is_wrong(string template, string message) =>
        Assert.EndsWith(message, Assert.Throws<CliException>(() => Render(template)).Message, StringComparison.Ordinal);

    [Fact]
    public void Survives_whatever_is_typed()
    {
        const string Alphabet = "{{}}.$|()\"`-/* aIDjsonrangeifendelse19\\";
        var random = new Random(20260117);
        for (int round = 0; round < 20_000; round++)
        {
            string template = string.Concat(Enumerable.Range(0, random.Next(1, 24)).Select(_ =>
                random.Next(4) == 0 ? "{{" : random.Next(5) == 0 ? "}}" : Alphabet[random.Next(Alphabet.Length)].ToString()));
            try
            {
                Render(template);
            }
            catch (CliException)
            {
                // Refused in one line, as it should be.
            }
        }
    }

    [Fact]
    public void Refuses_to_nest_without_end()
    {
        Assert.Throws<CliException>(() => Render(string.Concat(Enumerable.Repeat("{{if .ID}}", 5000))));
        Assert.Throws<CliException>(() => Render("{{" + new string('(', 5000)));
    }

    private static string Render(string template)
    {
        using JsonDocument document = JsonDocument.Parse(Document);
        return GoTemplate.Parse(template).Render(document.RootElement);
    }
}
