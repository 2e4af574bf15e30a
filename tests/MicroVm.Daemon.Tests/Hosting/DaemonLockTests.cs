using MicroVm.Daemon.Hosting;

namespace MicroVm.Daemon.Tests.Hosting;

public class DaemonLockTests
{
    [Fact]
    public void One_daemon_has_a_root_and_the_other_hears_which()
    {
        string root = Directory.CreateTempSubdirectory("mvm-lock-").FullName;
        using (DaemonLock.Take(root))
        {
            string message = Assert.Throws<DaemonException>(() => DaemonLock.Take(root)).Message;
            Assert.Equal($"{root} is in use by another mvmd (pid {Environment.ProcessId})", message);
        }

        DaemonLock.Take(root).Dispose();
        Directory.Delete(root, recursive: true);
    }
}
