using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Hypervisor.Tests;

/// <summary>QEMU may speak for its guest: whatever it says is an answer, an event, or an error of ours.</summary>
public sealed class QmpReplyTests
{
    [Fact]
    public void AnswersEventsAndErrorsAreToldApart()
    {
        Assert.True(QmpClient.TryReadReply("""{"return": {}}"""u8, out string? error));
        Assert.Null(error);
        Assert.False(QmpClient.TryReadReply("""{"event": "STOP", "timestamp": {}}"""u8, out _));
        Assert.True(QmpClient.TryReadReply("""{"error": {"class": "GenericError", "desc": "no"}}"""u8, out error));
        Assert.Equal("no", error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"return\"")]
    public void AnythingElseIsRefused(string line) =>
        Assert.Throws<HypervisorException>(() => QmpClient.TryReadReply(System.Text.Encoding.UTF8.GetBytes(line), out _));

    [Fact]
    public void MutatedAnswersNeverEscapeAsAnotherException()
    {
        var random = new Random(7);
        byte[] valid = """{"error": {"class": "GenericError", "desc": "Device 'x' not found"}, "id": 3}"""u8.ToArray();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] line = [.. valid];
            for (int changes = random.Next(1, 6); changes > 0; changes--)
            {
                line[random.Next(line.Length)] = (byte)random.Next(256);
            }

            try
            {
                QmpClient.TryReadReply(line.AsSpan(0, random.Next(line.Length + 1)), out _);
            }
            catch (HypervisorException)
            {
                // Refused, as it should be.
            }
        }
    }
}
