namespace MicroVm.Images.Tests;

public class DigestTests
{
    private static readonly string s_hex = new('a', 64);

    [Fact]
    public void ParseAcceptsLowerCaseHex() => Assert.Equal(s_hex, Digest.Parse("sha256:" + s_hex).Hex);

    [Theory]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("sha256:../../../../../../../../../../../../../../../../../../../../../../e")]
    [InlineData("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("md5:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void TryParseRefuses(string text) => Assert.False(Digest.TryParse(text, out _));
}
