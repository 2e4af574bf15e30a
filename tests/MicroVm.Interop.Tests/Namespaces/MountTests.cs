using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using MicroVm.Interop.Namespaces;
using MicroVm.Interop.Posix;

namespace MicroVm.Interop.Tests.Namespaces;

/// <summary>Namespaces and mounts, made and looked at. As root.</summary>
public sealed class MountTests : IDisposable
{
    private static readonly IdExtent[] s_ids = [new(0, 70000, 1), new(1, 80001, 9999)];
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-mounts").FullName;

    private string Stage => Directory.CreateDirectory(Path.Combine(_directory, "stage")).FullName;

    private string Tree => Directory.CreateDirectory(Path.Combine(_directory, "tree")).FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void OwnersAreMapped()
    {
        Write("root", 0, 0);
        Write("user", 5, 6);
        Write("outside", 20000, 0);
        using SafeFileHandle users = UserNamespace.Create(s_ids);
        using MountTree tree = MountTree.Copy(Tree);
        tree.MapOwners(users);
        Dictionary<string, (uint User, uint Group)> seen = [];
        MountNamespace.Run(Stage, () =>
        {
            string place = Directory.CreateDirectory(Path.Combine(Stage, "place")).FullName;
            tree.Attach(place);
            foreach (string name in (string[])["root", "user", "outside"])
            {
                FileOwner owner = FileOwner.Of(Path.Combine(place, name));
                seen[name] = (owner.User, owner.Group);
            }
        });
        Assert.Equal((70000u, 70000u), seen["root"]);
        Assert.Equal((80005u, 80006u), seen["user"]);
        Assert.Equal((65534u, 70000u), seen["outside"]);
        Assert.Equal(5u, FileOwner.Of(Path.Combine(Tree, "user")).User);
    }

    [Fact]
    public void NobodyElseSeesWhatIsMounted()
    {
        string[] before = File.ReadAllLines("/proc/self/mountinfo");
        string[] during = [];
        MountNamespace.Run(Stage, () =>
        {
            File.WriteAllText(Path.Combine(Stage, "here"), "");
            during = File.ReadAllLines("/proc/self/mountinfo");
            Assert.Contains(File.ReadLines("/proc/thread-self/mountinfo"), line => line.Contains(" " + Stage + " ", StringComparison.Ordinal));
        });
        Assert.DoesNotContain(before.Concat(during).Concat(File.ReadLines("/proc/self/mountinfo")), line => line.Contains(Stage, StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(Stage));
    }

    [Fact]
    public void AProcessThatIsStartedThereKeepsNoMount()
    {
        Process? process = null;
        MountNamespace.Run(Stage, () =>
        {
            process = Process.Start("sleep", "100000");
            Assert.True(SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{process.Id}/comm") == "sleep\n", 60_000));
        });
        using (process!)
        {
            try
            {
                Assert.Equal("/", Assert.Single(File.ReadLines($"/proc/{process!.Id}/mountinfo")).Split(' ')[4]);
                Assert.Empty(Directory.GetFileSystemEntries($"/proc/{process.Id}/root"));
            }
            finally
            {
                process!.Kill();
                process.WaitForExit();
            }
        }
    }

    [Fact]
    public void AnActionsErrorIsItsCallers()
    {
        var error = Assert.Throws<InvalidOperationException>(() => MountNamespace.Run(Stage, () => throw new InvalidOperationException("no")));
        Assert.Equal("no", error.Message);
        Assert.Throws<Win32Exception>(() => MountNamespace.Run(Path.Combine(_directory, "nowhere"), () => Assert.Fail("called")));
    }

    [Fact]
    public void WhatCannotBeDoneIsSaid()
    {
        Assert.Throws<IOException>(() => UserNamespace.Create([new(0, 70000, 10), new(10, 70009, 10)]));
        Assert.Throws<Win32Exception>(() => MountTree.Copy(Path.Combine(_directory, "nowhere")));
        using SafeFileHandle users = UserNamespace.Create(s_ids);
        using MountTree processes = MountTree.Copy("/proc");
        Assert.Throws<Win32Exception>(() => processes.MapOwners(users));
    }

    private void Write(string name, uint user, uint group)
    {
        string path = Path.Combine(Tree, name);
        File.WriteAllText(path, "");
        FileOwner.Change(path, user, group);
    }
}
