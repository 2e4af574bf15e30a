using System.Text.Json;
using MicroVm.Api.Containers;
using MicroVm.Api.Images;
using MicroVm.Api.Streams;

namespace MicroVm.Api.Tests;

public class ApiJsonTests
{
    private static ContainerCreateRequest Parse(string json) =>
        JsonSerializer.Deserialize(json, ApiJsonContext.Api.ContainerCreateRequest)!;

    [Fact]
    public void Names_match_without_case_and_null_is_zero()
    {
        ContainerCreateRequest request = Parse("""{"image":"x","tty":null,"HostConfig":{"Memory":null,"autoremove":true,"Init":null}}""");
        Assert.Equal("x", request.Image);
        Assert.False(request.Tty);
        Assert.Equal(0, request.HostConfig!.Memory);
        Assert.True(request.HostConfig.AutoRemove);
        Assert.Null(request.HostConfig.Init);
    }

    [Fact]
    public void Unknown_members_are_skipped() =>
        Assert.Equal("x", Parse("""{"Image":"x","Later":{"a":[1,2]},"HostConfig":{"New":1}}""").Image);

    [Fact]
    public void A_string_stands_for_a_list_of_one()
    {
        ContainerCreateRequest request = Parse("""{"Cmd":"true","Entrypoint":["a","b"]}""");
        Assert.Equal(["true"], request.Cmd!);
        Assert.Equal(["a", "b"], request.Entrypoint!);
    }

    [Theory]
    [InlineData("""{"Cmd":[1]}""", "$.Cmd")]
    [InlineData("""{"Cmd":{}}""", "$.Cmd")]
    [InlineData("""{"HostConfig":{"Memory":"much"}}""", "$.HostConfig.Memory")]
    [InlineData("""{"HostConfig":{"Memory":99999999999999999999}}""", "$.HostConfig.Memory")]
    [InlineData("""{"Tty":"yes"}""", "$.Tty")]
    public void A_wrong_type_names_its_member(string json, string path) =>
        Assert.StartsWith(path, Assert.Throws<JsonException>(() => Parse(json)).Path);

    [Fact]
    public void Text_is_not_escaped_beyond_need() => Assert.Contains(
        "A='<+>'é",
        JsonSerializer.Serialize(new ContainerConfig { Env = ["A='<+>'é"] }, ApiJsonContext.Api.ContainerConfig));

    [Fact]
    public void Progress_lines_have_dockers_names() => Assert.Equal(
        """{"status":"Downloading","progressDetail":{"current":1,"total":2},"id":"abc"}""",
        JsonSerializer.Serialize(
            new ProgressMessage { Status = "Downloading", Id = "abc", ProgressDetail = new() { Current = 1, Total = 2 } },
            ApiJsonContext.Api.ProgressMessage));

    [Fact]
    public void A_frame_head_round_trips()
    {
        byte[] header = new byte[StreamFrame.HeaderLength];
        StreamFrame.WriteHeader(header, StreamFrame.Stderr, 0x01020304);
        Assert.Equal([2, 0, 0, 0, 1, 2, 3, 4], header);
        Assert.True(StreamFrame.TryReadHeader(header, out byte stream, out uint length));
        Assert.Equal((StreamFrame.Stderr, 0x01020304u), (stream, length));
    }

    [Theory]
    [InlineData(new byte[] { 4, 0, 0, 0, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 1, 0, 0, 1, 0, 0, 0, 1 })]
    public void A_wrong_frame_head_is_refused(byte[] header) =>
        Assert.False(StreamFrame.TryReadHeader(header, out _, out _));
}
