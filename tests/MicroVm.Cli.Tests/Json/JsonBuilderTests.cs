using System.Text;
using System.Text.Json;
using MicroVm.Cli.Http;
using MicroVm.Cli.Json;

namespace MicroVm.Cli.Tests.Json;

public class JsonBuilderTests
{
    [Fact]
    public void Nests_and_separates()
    {
        var json = new JsonBuilder();
        json.StartObject();
        json.Text("a", "b");
        json.StartArray("list");
        json.Text("x");
        json.Number(2);
        json.StartObject();
        json.EndObject();
        json.EndArray();
        json.StartObject("o");
        json.Boolean("t", true);
        json.Number("n", -5);
        json.EndObject();
        json.EndObject();
        Assert.Equal("""{"a":"b","list":["x",2,{}],"o":{"t":true,"n":-5}}""", Encoding.UTF8.GetString(json.ToUtf8()));
    }

    [Fact]
    public void Any_text_comes_back()
    {
        var random = new Random(7);
        for (int round = 0; round < 2000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(3) switch
            {
                0 => ((char)random.Next(0x80)).ToString(),
                1 => ((char)random.Next(0x80, 0xd800)).ToString(),
                _ => char.ConvertFromUtf32(random.Next(0x10000, 0x110000)),
            }));
            var json = new JsonBuilder();
            json.StartObject();
            json.Text(text, text);
            json.EndObject();
            using JsonDocument document = JsonDocument.Parse(json.ToUtf8());
            JsonProperty member = Assert.Single(document.RootElement.EnumerateObject());
            Assert.Equal((text, text), (member.Name, member.Value.GetString()));
            Assert.Equal(Uri.EscapeDataString(text), Percent.Encode(text));
        }
    }
}
