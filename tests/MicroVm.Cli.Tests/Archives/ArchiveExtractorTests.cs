using System.Text;
using MicroVm.Cli.Archives;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Tests.Archives;

/// <summary>What a hostile container may send as an archive, unpacked beside files that it must not reach.</summary>
public sealed class ArchiveExtractorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _warnings = [];

    public ArchiveExtractorTests()
    {
        Directory.CreateDirectory(_directory.File("into"));
        Directory.CreateDirectory(_directory.File("outside"));
        System.IO.File.WriteAllText(_directory.File("outside/secret"), "secret");
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("../outside/x")]
    [InlineData("a/../../outside/x")]
    [InlineData("..")]
    public void NamesThatLeadOutAreRefused(string name)
    {
        Refused("outside of", File(name, "bad"));
        Unharmed();
    }

    [Fact]
    public void AnAbsoluteNameIsBelowTheDirectory()
    {
        Extract("", File("/" + _directory.File("outside/x")[1..], "kept"));
        Assert.True(System.IO.File.Exists(_directory.File("into") + _directory.File("outside/x")));
        Unharmed();
    }

    [Fact]
    public void ASymlinkFromTheArchiveIsNotFollowed()
    {
        Refused("symbolic link", Link(ArchiveKind.Symlink, "link", _directory.File("outside")), File("link/x", "bad"));
        Unharmed();
    }

    [Fact]
    public void ASymlinkThatWasThereIsNotFollowed()
    {
        Directory.CreateSymbolicLink(_directory.File("into/link"), _directory.File("outside"));
        Refused("symbolic link", File("link/x", "bad"));
        Refused("cannot overwrite non-directory", Of(ArchiveKind.Directory, "link"));
        Unharmed();
    }

    [Fact]
    public void AFileIsReplacedNotWrittenThrough()
    {
        System.IO.File.CreateSymbolicLink(_directory.File("into/link"), _directory.File("outside/secret"));
        Extract("", File("link", "new"));
        Assert.Equal("new", System.IO.File.ReadAllText(_directory.File("into/link")));
        Assert.Null(new FileInfo(_directory.File("into/link")).LinkTarget);
        Unharmed();
    }

    [Theory]
    [InlineData("../outside/secret")]
    [InlineData("link/secret")]
    [InlineData("")]
    public void HardLinksOutAreRefused(string target)
    {
        Directory.CreateSymbolicLink(_directory.File("into/link"), _directory.File("outside"));
        Assert.ThrowsAny<Exception>(() => Extract("", Link(ArchiveKind.HardLink, "hard", target), File("hard", "bad")));
        Unharmed();
    }

    [Fact]
    public void AHardLinkToASymlinkIsOneToTheLinkItself()
    {
        Extract("", Link(ArchiveKind.Symlink, "soft", _directory.File("outside/secret")), Link(ArchiveKind.HardLink, "hard", "soft"), File("hard", "bad"));
        Assert.Equal("bad", System.IO.File.ReadAllText(_directory.File("into/hard")));
        Unharmed();
    }

    [Theory]
    [InlineData("other")]
    [InlineData("asked/../other")]
    [InlineData("askedfor")]
    public void OnlyWhatWasAskedForIsTaken(string name)
    {
        CliException refused = Assert.Throws<CliException>(() => Extract("asked", Of(ArchiveKind.Directory, "asked/"), File(name, "bad")));
        Assert.Contains("which was not asked for", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["asked"], Directory.EnumerateFileSystemEntries(_directory.File("into")).Select(Path.GetFileName));
    }

    [Fact]
    public void DevicesAreLeftOut()
    {
        Extract("", Of(ArchiveKind.BlockDevice, "disk"), Of(ArchiveKind.CharacterDevice, "mem"), File("file", "x"));
        Assert.Equal(["file"], Directory.EnumerateFileSystemEntries(_directory.File("into")).Select(Path.GetFileName));
        Assert.Equal(2, _warnings.Count);
    }

    [Fact]
    public void KindsAreKept()
    {
        Directory.CreateDirectory(_directory.File("into/dir/full"));
        Refused("cannot overwrite directory", File("dir", "bad"));
        Assert.True(Directory.Exists(_directory.File("into/dir/full")));
    }

    [Fact]
    public void AReadOnlyDirectoryIsFilledFirst()
    {
        Extract("", Of(ArchiveKind.Directory, "dir", 0x140), File("dir/file", "x"));
        Assert.Equal("x", System.IO.File.ReadAllText(_directory.File("into/dir/file")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(_directory.File("into/dir")));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1_000_000_000).AddTicks(5), Directory.GetLastWriteTimeUtc(_directory.File("into/dir")));
        System.IO.File.SetUnixFileMode(_directory.File("into/dir"), (UnixFileMode)0x1C0);
    }

    [Fact]
    public void EveryByteOfANameIsKept()
    {
        byte[] name = [(byte)'n', 0xff, (byte)'\n', 0xfe];
        Extract("", new ArchiveEntry { Kind = ArchiveKind.File, Name = name, Mode = 0x1A4 });
        using FileDescriptor into = Open("into");
        Assert.Equal([name], Files.Names(into));
        Files.Remove(into, name);
    }

    private static (ArchiveEntry, string) File(string name, string content) =>
        (new() { Kind = ArchiveKind.File, Name = Encoding.UTF8.GetBytes(name), Mode = 0x1A4, Size = content.Length, ModifiedSeconds = 1 }, content);

    private static (ArchiveEntry, string) Of(ArchiveKind kind, string name, uint mode = 0x1ED) =>
        (new() { Kind = kind, Name = Encoding.UTF8.GetBytes(name), Mode = mode, ModifiedSeconds = 1_000_000_000, ModifiedNanoseconds = 500 }, "");

    private static (ArchiveEntry, string) Link(ArchiveKind kind, string name, string target)
    {
        (ArchiveEntry entry, string content) = Of(kind, name);
        entry.Target = Encoding.UTF8.GetBytes(target);
        return (entry, content);
    }

    private void Extract(string top, ArchiveEntry entry) => Extract(top, (entry, ""));

    /// <summary>Through a real archive: what the reader makes of it counts.</summary>
    private void Extract(string top, params (ArchiveEntry Entry, string Content)[] entries)
    {
        using var bytes = new MemoryStream();
        var writer = new ArchiveWriter(part => bytes.Write(part.Span));
        foreach ((ArchiveEntry entry, string content) in entries)
        {
            writer.Add(entry);
            writer.Write(Encoding.UTF8.GetBytes(content));
            writer.Pad(content.Length);
        }

        writer.Finish();
        bytes.Position = 0;
        var reader = new ArchiveReader(buffer => bytes.Read(buffer.Span));
        using FileDescriptor into = Open("into");
        var extractor = new ArchiveExtractor(into, "into", top, _warnings.Add);
        while (reader.Next() is { } entry)
        {
            extractor.Extract(entry, reader);
        }

        extractor.Finish();
    }

    private FileDescriptor Open(string name) =>
        Files.Open(Files.WorkingDirectory, Encoding.UTF8.GetBytes(_directory.File(name)), Constants.O_RDONLY | Constants.O_DIRECTORY);

    private void Refused(string reason, params (ArchiveEntry, string)[] entries) =>
        Assert.Contains(reason, Assert.Throws<CliException>(() => Extract("", entries)).Message, StringComparison.Ordinal);

    private void Unharmed()
    {
        Assert.Equal(["secret"], Directory.EnumerateFileSystemEntries(_directory.File("outside")).Select(Path.GetFileName));
        Assert.Equal("secret", System.IO.File.ReadAllText(_directory.File("outside/secret")));
    }
}
