using MicroVm.Engine.Mounts;

namespace MicroVm.Engine.Tests.Mounts;

public sealed class BindTextTests
{
    [Theory]
    [InlineData("/host:/in", "bind", "/host", "/in", false, "", false)]
    [InlineData("/host:/in:ro", "bind", "/host", "/in", true, "", false)]
    [InlineData("/host:/in:rslave,z,ro,cached", "bind", "/host", "/in", true, "rslave", false)]
    [InlineData("data:/in:nocopy", "volume", "data", "/in", false, "", true)]
    [InlineData("/in", "volume", "", "/in", false, "", false)]
    [InlineData("data:/in:", "volume", "data", "/in", false, "", false)]
    public void TheShortFormIsUnderstood(string text, string type, string source, string target, bool isReadOnly, string propagation, bool noCopy)
    {
        (MountRequest mount, _) = BindText.Parse(text, "");
        Assert.Equal((type, source, target, isReadOnly, propagation, noCopy),
            (mount.Type, mount.Source, mount.Target, mount.ReadOnly, mount.Propagation, mount.NoCopy));
    }

    [Theory]
    [InlineData("", "invalid volume specification: ''")]
    [InlineData(":/in", "invalid volume specification: ':/in'")]
    [InlineData("/in:ro", "invalid volume specification: '/in:ro'")]
    [InlineData("a:b:c:d", "invalid volume specification: 'a:b:c:d'")]
    [InlineData("/host:/in:rx", "invalid mode: rx")]
    [InlineData("/host:/in:ro,rw", "invalid mode: ro,rw")]
    [InlineData("/host:/in:z,Z", "invalid mode: z,Z")]
    [InlineData("/host:/in:shared,private", "invalid mode: shared,private")]
    [InlineData("/host:/in:ro,", "invalid mode: ro,")]
    public void WhatIsWrongIsSaidInDockersWords(string text, string message)
    {
        EngineException e = Assert.Throws<EngineException>(() => BindText.Parse(text, ""));
        Assert.Equal((EngineErrorKind.Invalid, message), (e.Kind, e.Message));
    }
}
