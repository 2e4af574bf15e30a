using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Tests.Arguments;

public class FlagParserTests
{
    private readonly List<string> _seen = [];

    [Theory]
    [InlineData("--name x", "name=x", "")]
    [InlineData("--name=x", "name=x", "")]
    [InlineData("--name=a=b", "name=a=b", "")]
    [InlineData("--name= image", "name=", "image")]
    [InlineData("-n x", "name=x", "")]
    [InlineData("-nx", "name=x", "")]
    [InlineData("-n=x", "name=x", "")]
    [InlineData("-n= image", "name==", "image")]
    [InlineData("-it image", "i=True t=True", "image")]
    [InlineData("-itn x image", "i=True t=True name=x", "image")]
    [InlineData("-itnx image", "i=True t=True name=x", "image")]
    [InlineData("-i=false image", "i=False", "image")]
    [InlineData("--interactive=0 image", "i=False", "image")]
    [InlineData("-i image -t", "i=True", "image -t")]
    [InlineData("-- -i", "", "-i")]
    [InlineData("image --name x", "", "image --name x")]
    [InlineData("image -- x", "", "image -- x")]
    [InlineData("- -i", "", "- -i")]
    [InlineData("-n -i image", "name=-i", "image")]
    public void Takes_Dockers_grammar(string line, string values, string operands)
    {
        List<string> rest = FlagParser.Parse(Flags(), line.Split(' '), interspersed: false);
        Assert.Equal(values, string.Join(' ', _seen));
        Assert.Equal(operands, string.Join(' ', rest));
    }

    [Fact]
    public void Flags_may_follow_operands_where_the_command_takes_no_foreign_ones()
    {
        List<string> rest = FlagParser.Parse(Flags(), ["a", "-i", "b", "--name", "x", "--", "-t"]);
        Assert.Equal(["i=True", "name=x"], _seen);
        Assert.Equal(["a", "b", "-t"], rest);
    }

    [Theory]
    [InlineData("--naem x", "unknown flag: --naem (did you mean --name?)")]
    [InlineData("--zzzzzz", "unknown flag: --zzzzzz")]
    [InlineData("--interactivee", "unknown flag: --interactivee (did you mean --interactive?)")]
    [InlineData("-x", "unknown shorthand flag: 'x' in -x")]
    [InlineData("-itx", "unknown shorthand flag: 'x' in -itx")]
    [InlineData("--name", "flag needs an argument: --name")]
    [InlineData("-itn", "flag needs an argument: 'n' in -itn")]
    [InlineData("--=x", "bad flag syntax: --=x")]
    [InlineData("---x", "bad flag syntax: ---x")]
    [InlineData("-i=maybe", "invalid argument \"maybe\" for \"-i, --interactive\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax")]
    [InlineData("--count x", "invalid argument \"x\" for \"--count\" flag: strconv.ParseInt: parsing \"x\": invalid syntax")]
    [InlineData("--count 99999999999", "invalid argument \"99999999999\" for \"--count\" flag: strconv.ParseInt: parsing \"99999999999\": invalid syntax")]
    public void Mistakes_name_the_flag(string line, string message)
    {
        var failure = Assert.Throws<CliException>(() => FlagParser.Parse(Flags(), line.Split(' ')));
        Assert.Equal(message, failure.Message);
        Assert.Equal(125, failure.ExitCode);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Help_is_known_everywhere(string argument)
    {
        FlagSet flags = Flags();
        FlagParser.Parse(flags, [argument]);
        Assert.True(flags.HelpRequested);
    }

    [Fact]
    public void A_shorthand_h_of_the_command_wins_over_help()
    {
        FlagSet flags = Flags();
        flags.Text("hostname", 'h', "", value => _seen.Add($"h={value}"));
        FlagParser.Parse(flags, ["-h", "name"]);
        Assert.Equal(["h=name"], _seen);
        Assert.False(flags.HelpRequested);
    }

    [Theory]
    [InlineData("run", "rnu", 1)]
    [InlineData("run", "run", 0)]
    [InlineData("images", "imgaes", 1)]
    [InlineData("stop", "step", 1)]
    [InlineData("", "abc", 3)]
    public void Distance_counts_edits_and_swaps(string left, string right, int distance) =>
        Assert.Equal(distance, Suggestion.Distance(left, right));

    private FlagSet Flags()
    {
        var flags = new FlagSet();
        flags.Text("name", 'n', "", value => _seen.Add($"name={value}"));
        flags.Switch("interactive", 'i', "", value => _seen.Add($"i={value}"));
        flags.Switch("tty", 't', "", value => _seen.Add($"t={value}"));
        flags.Integer("count", '\0', "", value => _seen.Add($"count={value}"));
        return flags;
    }
}
