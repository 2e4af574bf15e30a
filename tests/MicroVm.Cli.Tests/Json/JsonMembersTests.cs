using System.Text;
using System.Text.Json;
using MicroVm.Cli.Http;
using MicroVm.Cli.Json;

namespace MicroVm.Cli.Tests.Json;

public class JsonMembersTests
{
    [Theory]
    [InlineData("""{"Id":"abc"}""", "abc")]
    [InlineData(""" { "x" : {"Id":"no","y":[{"Id":"no"},"}"]}, "Id" : "abc" , "z":null } """, "abc")]
    [InlineData("""{"x":"a\"b\\","Id":"q\"\\\/\b\f\n\r\tü\ud83d\ude00é"}""", "q\"\\/\b\f\n\r\tü\U0001f600é")]
    [InlineData("""{"Id":"first","Id":"last"}""", "last")]
    [InlineData("""{"I\u0064":"abc"}""", "abc")]
    [InlineData("""{"Id":5}""", null)]
    [InlineData("""{"Id":null,"a":-1.5e3}""", null)]
    [InlineData("{}", null)]
    public void Finds_a_text(string json, string? expected) =>
        Assert.Equal(expected, JsonMembers.Text(JsonMembers.Find(Encoding.UTF8.GetBytes(json), "Id")));

    [Theory]
    [InlineData("""{"n":42}""", 42)]
    [InlineData("""{"n": -1 }""", -1)]
    [InlineData("""{"n":1.5}""", null)]
    [InlineData("""{"n":99999999999}""", null)]
    public void Finds_a_number(string json, int? expected) =>
        Assert.Equal(expected, JsonMembers.Integer(JsonMembers.Find(Encoding.UTF8.GetBytes(json), "n")));

    [Theory]
    [InlineData("""{"w":["a","b,]"]}""", "a|b,]")]
    [InlineData("""{"w":[ ]}""", "")]
    [InlineData("""{"w":null}""", "")]
    [InlineData("""{}""", "")]
    public void Finds_texts(string json, string expected) =>
        Assert.Equal(expected, string.Join('|', JsonMembers.Texts(JsonMembers.Find(Encoding.UTF8.GetBytes(json), "w"))));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("""{"Id" """)]
    [InlineData("""{"Id":"abc""")]
    [InlineData("""{"Id":"abc\""")]
    [InlineData("""{"Id":"abc" "x":1}""")]
    [InlineData("""{"Id":[1,2}""")]
    [InlineData("""{Id:1}""")]
    public void Refuses_what_is_no_object(string json) =>
        Assert.Throws<ProtocolException>(() => JsonMembers.Find(Encoding.UTF8.GetBytes(json), "Id").Length);

    /// <summary>Whatever the base library takes gives the same; the rest is refused or skipped, and always ends.</summary>
    [Fact]
    public void Agrees_with_the_base_library()
    {
        const string Seed = """{"a":"x\ny\u00e9","Id":"value \"q\"","n":[1,{"b":null}],"t":true}""";
        var random = new Random(11);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(Seed);
            for (int change = random.Next(4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)Seed[random.Next(Seed.Length)];
            }

            string? ours = null;
            try
            {
                ours = JsonMembers.Text(JsonMembers.Find(bytes, "Id"));
            }
            catch (ProtocolException)
            {
                Assert.False(IsObject(bytes), Encoding.UTF8.GetString(bytes));
                continue;
            }

            if (IsObject(bytes))
            {
                Assert.Equal(Theirs(bytes), ours);
            }
        }
    }

    private static bool IsObject(byte[] json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? Theirs(byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.TryGetProperty("Id", out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }
}
