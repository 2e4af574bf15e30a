using MicroVm.Api.Images;
using MicroVm.Daemon.Endpoints;
using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Tests.Endpoints;

/// <summary>Each step of an image's history has the size of the layer that it made.</summary>
public class ImageHistoryTests
{
    [Theory]
    [InlineData("one - two three", 3, "3 2 0 1")]
    [InlineData("- -", 0, "0 0")]
    [InlineData("last", 2, "2")]
    [InlineData("too many", 1, "1 0")]
    [InlineData("", 2, "")]
    public void Sizes_are_the_layers(string steps, int layers, string expected)
    {
        Digest[] diffIds = [.. Enumerable.Range(1, layers).Select(layer => Digest.Parse($"{Digest.Prefix}{layer:d64}"))];
        ImageHistory[] history = [.. steps.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(step => new ImageHistory(null, step, null, null, step == "-"))];
        StoredImage image = new()
        {
            Id = Digest.Parse($"{Digest.Prefix}{9:d64}"),
            RepoTags = ["x:1"],
            RepoDigests = [],
            Config = new() { History = history },
            DiffIds = diffIds,
            Size = 100,
        };
        IReadOnlyList<ImageHistoryItem> items = ImageDocuments.History(image, layer => Array.IndexOf(diffIds, layer) + 1, _ => null);
        Assert.Equal(expected, string.Join(' ', items.Select(item => item.Size)));
        Assert.All(items.Take(1), item => Assert.Equal(["x:1"], item.Tags!));
        Assert.All(items.Skip(1), item => Assert.Equal("<missing>", item.Id));
    }
}
