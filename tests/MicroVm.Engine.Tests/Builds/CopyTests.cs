using System.Formats.Tar;
using System.IO.Compression;
using MicroVm.Images.Store;
using MicroVm.Images.Trees;

namespace MicroVm.Engine.Tests.Builds;

/// <summary>What COPY, ADD and WORKDIR make of the image's files (https://docs.docker.com/reference/dockerfile).</summary>
public sealed class CopyTests : IAsyncLifetime
{
    private TestBuilder _builder = null!;

    public async ValueTask InitializeAsync() => _builder = await TestBuilder.OpenAsync();

    public ValueTask DisposeAsync() => _builder.DisposeAsync();

    [Theory]
    [InlineData("COPY a /x", "x 600 0:0 A")]
    [InlineData("COPY a /x/", "x 755 0:0 /\nx/a 600 0:0 A")]
    [InlineData("COPY a b /x/", "x 755 0:0 /\nx/a 600 0:0 A\nx/b 600 0:0 B")]
    [InlineData("COPY d /x", "x 755 0:0 /\nx/e 700 0:0 /\nx/e/f 600 0:0 F\nx/l 777 0:0 -> e/f")]
    [InlineData("COPY d/e /x", "x 755 0:0 /\nx/f 600 0:0 F")]
    [InlineData("COPY d/l /x", "x 600 0:0 F")]
    [InlineData("COPY d/l /x/", "x 755 0:0 /\nx/l 600 0:0 F")]
    [InlineData("COPY [ab] /x/", "x 755 0:0 /\nx/a 600 0:0 A\nx/b 600 0:0 B")]
    [InlineData("COPY d*/e/? /x/", "x 755 0:0 /\nx/f 600 0:0 F")]
    [InlineData("COPY --chown=app a /x/y", "x 755 1000:1000 /\nx/y 600 1000:1000 A")]
    [InlineData("COPY --chown=app:extra d/e /x/y", "x 755 0:0 /\nx/y 755 1000:1001 /\nx/y/f 600 1000:1001 F")]
    [InlineData("COPY --chown=12:34 a /x", "x 600 12:34 A")]
    [InlineData("COPY --chmod=0751 d /x", "x 755 0:0 /\nx/e 751 0:0 /\nx/e/f 751 0:0 F\nx/l 777 0:0 -> e/f")]
    [InlineData("WORKDIR /x\nCOPY a .", "x 755 0:0 /\nx/a 600 0:0 A")]
    [InlineData("WORKDIR /x\nWORKDIR y/../z\nCOPY a n", "x 755 0:0 /\nx/z 755 0:0 /\nx/z/n 600 0:0 A")]
    [InlineData("ENV T=x\nCOPY ${T:+a} /$T", "x 600 0:0 A")]
    [InlineData("COPY <<E /x\nline $HOME '\"\nE", "x 644 0:0 line  '\"")]
    [InlineData("COPY a /x\nCOPY d /x2/\nCOPY b /x", "x 600 0:0 B\nx2 755 0:0 /\nx2/e 700 0:0 /\nx2/e/f 600 0:0 F\nx2/l 777 0:0 -> e/f")]
    [InlineData("COPY d /x\nCOPY a /x/e", "x 755 0:0 /\nx/e 700 0:0 /\nx/e/a 600 0:0 A\nx/e/f 600 0:0 F\nx/l 777 0:0 -> e/f")]
    [InlineData("COPY d /x\nCOPY d2 /x", "x 755 0:0 /\nx/e 600 0:0 plain\nx/l 777 0:0 -> e/f")]
    public async Task Files_go_where_Docker_puts_them(string instructions, string expected)
    {
        StoredImage image = await _builder.BuildAsync(
            "FROM base\n" + instructions, ("a", "A"), ("b", "B"), ("d/", ""), ("d/e/", ""), ("d/e/f", "F"), ("d/l", "->e/f"), ("d2/", ""), ("d2/e", "plain"));
        Assert.Equal(expected, _builder.List(image, "x").TrimEnd());
    }

    [Theory]
    [InlineData("COPY none /x", "COPY failed: file not found in build context or excluded by .dockerignore: stat none: file does not exist")]
    [InlineData("COPY ../a /x", "COPY failed: forbidden path outside the build context: ../a ()")]
    [InlineData("COPY n* /x/", "COPY failed: no source files were specified")]
    [InlineData("COPY a a /x", "When using COPY with more than one source file, the destination must be a directory and end with a /")]
    [InlineData("COPY d /notexec", "cannot copy to non-directory: /notexec")]
    [InlineData("COPY a /notexec/", "cannot copy to non-directory: /notexec")]
    [InlineData("COPY a /notexec/x", "mkdir /notexec: not a directory")]
    [InlineData("WORKDIR /notexec", "Cannot mkdir: /notexec is not a directory")]
    [InlineData("COPY --chown=nobody-here a /x", "unable to convert uid/gid chown string to host mapping: can't find uid for user nobody-here: no such user: nobody-here")]
    [InlineData("COPY --from=0 a /x", "invalid from flag value 0: refers to current build stage")]
    [InlineData("RUN --mount=type=ssh true", "RUN --mount is not supported: remove the flag --mount")]
    public async Task What_cannot_be_copied_is_said(string instruction, string message)
    {
        Assert.Equal(message, await _builder.RefusedAsync("FROM base\n" + instruction, ("a", "A"), ("d/", ""), ("d/b", "")));
        Assert.Empty(_builder.Leftovers);
    }

    [Fact]
    public async Task Archives_are_unpacked_by_ADD_alone_and_keep_their_owners()
    {
        byte[] tar = TestBuilder.Context(("t/", ""), ("t/f", "inside"));
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
        {
            gzip.Write(tar);
        }

        byte[] context = TestBuilder.Archive(archive =>
        {
            Add(archive, "Dockerfile", "FROM base\nADD x.tgz x.tar /x/\nCOPY x.tar /y\nADD text.gz /x/"u8.ToArray());
            Add(archive, "x.tgz", packed.ToArray());
            Add(archive, "x.tar", tar);
            Add(archive, "text.gz", packed.ToArray()[..20]);
        });
        StoredImage image = await _builder.BuildAsync(new(), context);
        using ImageContents contents = _builder.Open(image);
        Assert.Equal((5u, 6u), (contents.Tree.Find("x/t/f")!.Uid, contents.Tree.Find("x/t/f")!.Gid));
        Assert.Equal(tar.Length, contents.Tree.Find("y")!.Size);
        Assert.Equal(20, contents.Tree.Find("x/text.gz")!.Size);
    }

    [Fact]
    public async Task Stages_and_images_are_sources_that_keep_owners_and_links()
    {
        StoredImage image = await _builder.BuildAsync(
            """
            FROM base AS one
            COPY --chown=7:8 a /o/a
            FROM scratch
            COPY --from=one /o /x
            COPY --from=0 /o/a /x/b
            COPY --from=base /bin/sh /x/sh
            COPY --from=base /etc/passwd /x/
            """, ("a", "A"));
        Assert.StartsWith("x 755 0:0 /\nx/a 600 7:8 A\nx/b 600 7:8 A\nx/passwd 644 0:0 root:", _builder.List(image, "x"), StringComparison.Ordinal);
        using ImageContents contents = _builder.Open(image);
        Assert.Equal(new FileInfo("/bin/busybox").Length, contents.Tree.Find("x/sh")!.Size);
        Assert.Null(contents.Tree.Find("bin"));
    }

    [Fact]
    public async Task Hard_links_stay_links()
    {
        byte[] context = TestBuilder.Archive(archive =>
        {
            Add(archive, "Dockerfile", "FROM base\nCOPY d /x"u8.ToArray());
            Add(archive, "d/a", "A"u8.ToArray());
            archive.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "d/b") { LinkName = "d/a" });
        });
        using ImageContents contents = _builder.Open(await _builder.BuildAsync(new(), context));
        Assert.Same(contents.Tree.Find("x/a"), contents.Tree.Find("x/b"));
    }

    [Fact]
    public async Task Own_files_are_hidden_where_dockerignore_names_them()
    {
        const string file = "FROM base\nCOPY . /x/";
        StoredImage hidden = await _builder.BuildAsync(file, (".dockerignore", "Dockerfile\n.dockerignore\n"), ("a", "A"));
        Assert.Equal("x 755 0:0 /\nx/a 600 0:0 A", _builder.List(hidden, "x"));
        StoredImage seen = await _builder.BuildAsync(file, (".dockerignore", "other\n"));
        Assert.Contains("x/Dockerfile 600 0:0 FROM base", _builder.List(seen, "x"), StringComparison.Ordinal);
    }

    private static void Add(TarWriter archive, string name, byte[] content) =>
        archive.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
}
