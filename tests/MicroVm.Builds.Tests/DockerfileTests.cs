using System.Text;

namespace MicroVm.Builds.Tests;

/// <summary>The language, case by case, from Docker's reference of the Dockerfile.</summary>
public sealed class DockerfileTests
{
    private static Dockerfile Parse(string text) => Dockerfile.Parse(Encoding.UTF8.GetBytes(text));

    private static T Only<T>(string instruction)
        where T : Command => Assert.IsType<T>(Assert.Single(Assert.Single(Parse("FROM scratch\n" + instruction).Stages).Commands));

    [Theory]
    [InlineData("RUN echo a \\\n  && echo b", "echo a   && echo b")]
    [InlineData("RUN echo a \\\n# a comment\n\n   # another\n  && echo b", "echo a   && echo b")]
    [InlineData("RUN echo a \\  \n b", "echo a  b")]
    [InlineData("RUN echo a \\\\", "echo a \\\\")]
    [InlineData("RUN echo a\r\n", "echo a")]
    [InlineData("   run   echo a  ", "echo a")]
    [InlineData("RUN echo a # no comment", "echo a # no comment")]
    [InlineData("RUN echo a \\", "echo a")]
    [InlineData("RUN [\"not\", 1]", "[\"not\", 1]")]
    public void Lines_become_one_instruction(string instruction, string command)
    {
        CommandWords words = Only<RunCommand>(instruction).Words;
        Assert.True(words.UsesShell);
        Assert.Equal([command], words.Words);
    }

    [Fact]
    public void Arrays_are_executed_as_they_are()
    {
        CommandWords words = Only<CmdCommand>("CMD [\"a\", \"b c\", \"\\u0041\\\"\"]").Words;
        Assert.False(words.UsesShell);
        Assert.Equal(["a", "b c", "A\""], words.Words);
    }

    [Fact]
    public void Directives_stand_first_and_change_the_escape()
    {
        Dockerfile file = Parse("# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN dir `\n  c:\\");
        Assert.Equal('`', file.Escape);
        Assert.Equal(["dir   c:\\"], Assert.IsType<RunCommand>(file.Stages[0].Commands[0]).Words.Words);
    }

    [Fact]
    public void A_directive_behind_a_comment_is_a_comment() => Assert.Equal('\\', Parse("# hello\n# escape=`\nFROM a").Escape);

    [Fact]
    public void Stages_have_names_and_arguments_stand_before_them()
    {
        Dockerfile file = Parse("ARG V=1\nARG W\nFROM --platform=linux/amd64 a:$V AS Build-er\nRUN x\nfrom build-er\nCOPY --from=build-er /a /b/");
        Assert.Equal(["V", "W"], file.Globals.SelectMany(arg => arg.Variables).Select(variable => variable.Key));
        Assert.Equal(("a:$V", "build-er", "linux/amd64"), (file.Stages[0].From.Image, file.Stages[0].From.Name, file.Stages[0].From.Platform));
        Assert.Equal("build-er", file.Stages[1].From.Image);
        CopyCommand copy = Assert.IsType<CopyCommand>(file.Stages[1].Commands[0]);
        Assert.Equal(("build-er", "/b/"), (copy.From, copy.Destination));
        Assert.Equal(["/a"], copy.Sources);
    }

    [Theory]
    [InlineData("ENV a=1 b=\"2 3\" c=4\\ 5 d='6 7'", new[] { "a=1", "b=\"2 3\"", "c=4\\ 5", "d='6 7'" })]
    [InlineData("ENV a b c  d", new[] { "a=b c  d" })]
    [InlineData("ENV a = b", new[] { "a== b" })]
    public void Environment_has_two_forms(string instruction, string[] pairs) =>
        Assert.Equal(pairs, Only<EnvCommand>(instruction).Variables.Select(pair => $"{pair.Key}={pair.Value}"));

    [Fact]
    public void Copies_have_flags_and_two_forms()
    {
        CopyCommand copy = Only<CopyCommand>("COPY --chown=a:b --chmod=0755 [\"a b\", \"c\", \"/d/\"]");
        Assert.Equal(("a:b", "0755", "/d/", false), (copy.Chown, copy.Chmod, copy.Destination, copy.IsAdd));
        Assert.Equal(["a b", "c"], copy.Sources);
        Assert.True(Only<CopyCommand>("ADD a b").IsAdd);
    }

    [Fact]
    public void Here_documents_are_files()
    {
        CopyCommand copy = Only<CopyCommand>("COPY <<A <<-\"B\" c /d/\none $x\nA\n\ttwo $x\n\tB");
        Assert.Equal(["c"], copy.Sources);
        Assert.Equal([new("A", "", true, "one $x\n"), new HereDocument("B", "", false, "two $x\n")], copy.HereDocuments);
    }

    [Fact]
    public void Here_documents_are_scripts()
    {
        Assert.Equal(["a\nb\n"], Only<RunCommand>("RUN <<EOF\na\nb\nEOF").Words.Words);
        Assert.Equal(["cat <<EOF | sort\na\nEOF\n"], Only<RunCommand>("RUN cat <<EOF | sort\na\nEOF").Words.Words);
        Assert.Equal(["echo $((1<<2))"], Only<RunCommand>("RUN echo $((1<<2))").Words.Words);
    }

    [Fact]
    public void Other_instructions_keep_their_parts()
    {
        Assert.Equal(["80", "53/udp"], Only<ExposeCommand>("EXPOSE 80 53/udp").Ports);
        Assert.Equal(["/a", "/b"], Only<VolumeCommand>("VOLUME [\"/a\", \"/b\"]").Paths);
        Assert.Equal(["/a", "/b"], Only<VolumeCommand>("VOLUME /a /b").Paths);
        Assert.Equal(["/bin/bash", "-c"], Only<ShellCommand>("SHELL [\"/bin/bash\", \"-c\"]").Words);
        Assert.Equal("--interval=5s CMD curl x", Only<HealthcheckCommand>("HEALTHCHECK --interval=5s CMD curl x").Text);
        Assert.Equal("RUN echo x", Only<OnbuildCommand>("ONBUILD RUN echo x").Instruction);
        Assert.Equal("A <a@b>", Only<MaintainerCommand>("MAINTAINER A <a@b>").Author);
        Assert.Equal("SIGTERM", Only<StopSignalCommand>("STOPSIGNAL SIGTERM").Signal);
        Assert.Equal([new("A", "1"), new KeyValuePair<string, string?>("B", null)], Only<ArgCommand>("ARG A=1 B").Variables);
        Assert.Empty(Only<CmdCommand>("CMD []").Words.Words);
    }

    [Theory]
    [InlineData("", "failed to parse Dockerfile: file with no instructions")]
    [InlineData("# only a comment\n\n", "failed to parse Dockerfile: file with no instructions")]
    [InlineData("ARG A", "no build stage in current context")]
    [InlineData("FROM a\nFOO bar", "dockerfile parse error line 2: unknown instruction: FOO")]
    [InlineData("\n\nRUN a", "dockerfile parse error line 3: no build stage in current context")]
    [InlineData("FROM a b", "dockerfile parse error line 1: FROM requires either one or three arguments")]
    [InlineData("FROM", "dockerfile parse error line 1: FROM requires either one or three arguments")]
    [InlineData("FROM a AS 1", "dockerfile parse error line 1: invalid name for build stage: \"1\", name can't start with a number or contain symbols")]
    [InlineData("FROM a\nCOPY x", "dockerfile parse error line 2: COPY requires at least two arguments, but only one was provided. Destination could not be determined")]
    [InlineData("FROM a\nENV a", "dockerfile parse error line 2: ENV must have two arguments")]
    [InlineData("FROM a\nLABEL a=b c", "dockerfile parse error line 2: Syntax error - can't find = in \"c\". Must be of the form: name=value")]
    [InlineData("FROM a\nRUN", "dockerfile parse error line 2: RUN requires at least one argument")]
    [InlineData("FROM a\nWORKDIR", "dockerfile parse error line 2: WORKDIR requires exactly one argument")]
    [InlineData("FROM a\nRUN --security=insecure a", "dockerfile parse error line 2: Unknown flag: security")]
    [InlineData("FROM a\nCOPY --from a b", "dockerfile parse error line 2: Missing a value on flag: from")]
    [InlineData("FROM a\nSHELL bash", "dockerfile parse error line 2: SHELL requires the arguments to be in JSON form")]
    [InlineData("FROM a\nONBUILD ONBUILD RUN x", "dockerfile parse error line 2: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")]
    [InlineData("FROM a\nONBUILD FROM x", "dockerfile parse error line 2: FROM isn't allowed as an ONBUILD trigger")]
    [InlineData("FROM a\nRUN <<EOF\nx", "dockerfile parse error line 2: unterminated heredoc: no line is EOF")]
    [InlineData("# escape=x\nFROM a", "dockerfile parse error line 1: invalid ESCAPE 'x'. Must be ` or \\")]
    [InlineData("# escape=`\n# escape=`\nFROM a", "dockerfile parse error line 2: only one escape parser directive can be used")]
    [InlineData("FROM a\nARG =x", "dockerfile parse error line 2: ARG names can not be blank")]
    public void What_is_wrong_is_said_with_its_line(string text, string message) =>
        Assert.Equal(message, Assert.Throws<DockerfileException>(() => Parse(text)).Message);

    [Fact]
    public void Sizes_are_bounded()
    {
        Assert.Throws<DockerfileException>(() => Parse("FROM a\nRUN " + new string('x', DockerfileLimits.MaxLine)));
        Assert.Throws<DockerfileException>(() => Dockerfile.Parse(new byte[DockerfileLimits.MaxSize + 1]));
        Assert.Throws<DockerfileException>(() => Parse("FROM a\n" + string.Concat(Enumerable.Repeat("RUN x\n", DockerfileLimits.MaxInstructions))));
        Assert.Throws<DockerfileException>(() => Parse("FROM a\nRUN x" + string.Concat(Enumerable.Repeat(new string('y', 60000) + "\\\n", 20))));
    }

    [Fact]
    public void Triggers_are_single_instructions()
    {
        Assert.Equal(["echo x"], Assert.IsType<RunCommand>(Dockerfile.ParseTrigger("RUN echo x")).Words.Words);
        Assert.Throws<DockerfileException>(() => Dockerfile.ParseTrigger("RUN a\nRUN b"));
        Assert.Throws<DockerfileException>(() => Dockerfile.ParseTrigger("FROM x"));
    }

    /// <summary>Whatever stands in a file, it is read or refused: no other exception, and no endless work.</summary>
    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        string[] parts =
        [
            "FROM a\n", "RUN ", "COPY ", "--from=", "<<EOF", "\nEOF\n", "[\"", "\"]", "\\\n", "$", "${a:-", "}", "'", "\"", "# escape=`\n", "ENV a=", "\t", "\0", "\uFEFF",
            "ONBUILD ", "HEALTHCHECK ", "é", "ARG ", "=", " ", "\r\n", "`", "--", "<<-'X'", "LABEL x",
        ];
        var random = new Random(20260101);
        for (int i = 0; i < 20000; i++)
        {
            string text = (i % 2 == 0 ? "FROM a\n" : "") + string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            try
            {
                Dockerfile file = Parse(text);
                Assert.All(file.Stages.SelectMany(stage => stage.Commands), command => Assert.DoesNotContain('\n', command.Source));
            }
            catch (DockerfileException refused)
            {
                Assert.DoesNotContain('\n', refused.Message);
            }
        }
    }
}
