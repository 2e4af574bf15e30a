using MicroVm.Images.Tests.Erofs;

namespace MicroVm.Images.Tests.Layers;

/// <summary>A directory packed by the tar programs of the world, and its root disk compared with it.</summary>
public class TarProgramsTests
{
    private const string Setup = """
        set -eu
        mkdir -p "$1/d/e" && cd "$1"
        printf one > file; printf two > d/two; ln file hard; ln -s ../file d/link; ln -s "$(printf '%0300d' 0)" long-link
        mkfifo fifo; mknod null c 1 3; mknod block b 8 1
        dd if=/dev/urandom of=random bs=1000 count=77 status=none
        truncate -s 50M sparse; printf start | dd of=sparse conv=notrunc status=none
        printf middle | dd of=sparse bs=1 seek=1234567 conv=notrunc status=none
        printf end | dd of=sparse bs=1 seek=52428000 conv=notrunc status=none
        truncate -s 30M hole
        n=$(printf '%0240d' 0); mkdir -p "d/$n/$n"; printf deep > "d/$n/$n/$n"
        printf x > "$(printf 'bytes\377\n\t')"
        chown 70000:3000000000 d/two; chmod 6755 d/two; chmod 1777 d/e
        setfattr -n user.text -v 'a value' d/two; setfattr -n user.binary -v 0x000a0d3dff d
        setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 random
        touch -d '2001-02-03 04:05:06.789' file; touch -d '1960-01-01' d/e; touch -d '2020-01-01 00:00:00.5' .
        """;

    [Theory]
    [InlineData("tar --format=pax --sparse --sparse-version=0.0 --xattrs --xattrs-include=*")]
    [InlineData("tar --format=pax --sparse --sparse-version=0.1 --xattrs --xattrs-include=*")]
    [InlineData("tar --format=pax --sparse --sparse-version=1.0 --xattrs --xattrs-include=*")]
    [InlineData("tar --format=pax --xattrs --xattrs-include=*")]
    [InlineData("tar --format=gnu --sparse")]
    [InlineData("tar --format=oldgnu --sparse")]
    [InlineData("bsdtar --format=pax --xattrs")]
    [InlineData("bsdtar --format=gnutar")]
    public async Task DiskHoldsWhatWasPacked(string program)
    {
        using var directory = new TemporaryDirectory();
        string source = directory["source"], archive = directory["archive.tar"];
        Programs.Run("sh", "-c", Setup, "sh", source);
        string[] words = program.Split(' ');
        Programs.Run(words[0], [.. words[1..], "-c", "-f", archive, "-C", source, "."]);
        IReadOnlyList<FileFacts> packed = FileFacts.Parse(Programs.Run(Programs.Walk, source));

        using MergedImage image = await MergedImage.OfAsync(await File.ReadAllBytesAsync(archive));

        if (program.EndsWith("gnutar", StringComparison.Ordinal))
        {
            // bsdtar writes times before 1970 as 0 in this format.
            packed = [.. packed.Select(file => file.Time.StartsWith('-') ? file with { Time = "0.0" } : file)];
        }

        bool isPax = program.Contains("pax", StringComparison.Ordinal);
        Assert.Equal(packed.Count, image.Files.Count);
        Assert.All(packed.Zip(image.Files), pair => Assert.Equal(Comparable(pair.First, isPax), Comparable(pair.Second, isPax)));
    }

    /// <summary>GNU's formats have whole seconds, rounded down, and no attributes.</summary>
    private static FileFacts Comparable(FileFacts file, bool isPax) =>
        isPax ? file : file with { Time = file.Time[..file.Time.IndexOf('.', StringComparison.Ordinal)], Xattrs = "" };
}
