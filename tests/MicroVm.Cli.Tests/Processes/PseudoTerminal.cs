using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Tests.Processes;

/// <summary>A terminal with a program on it: the program's controlling terminal, so that size changes signal it.</summary>
internal sealed unsafe partial class PseudoTerminal : IDisposable
{
    private const nuint SetWindowSize = 0x5414; // TIOCSWINSZ
    private const nuint SlaveNumber = 0x80045430; // TIOCGPTN
    private const nuint Unlock = 0x40045431; // TIOCSPTLCK
    private const int NoControllingTerminal = 0x100; // O_NOCTTY

    private readonly FileDescriptor _master;
    private readonly FileDescriptor _slave;
    private readonly StringBuilder _seen = new();
    private readonly object _gate = new();

    internal PseudoTerminal(int rows, int columns)
    {
        _master = FileDescriptor.Open("/dev/ptmx", Constants.O_RDWR | NoControllingTerminal);
        int number = 0;
        int unlocked = 0;
        Assert.Equal(0, Control(_master, Unlock, &unlocked));
        Assert.Equal(0, Control(_master, SlaveNumber, &number));
        Path = $"/dev/pts/{number.ToString(CultureInfo.InvariantCulture)}";

        // Held open, so that the terminal and its attributes outlive the program.
        _slave = FileDescriptor.Open(Path, Constants.O_RDWR | NoControllingTerminal);
        Resize(rows, columns);
        new Thread(ReadScreen) { IsBackground = true }.Start();
    }

    internal string Path { get; }

    /// <summary>ICANON and ECHO: what a shell needs to find as it left it.</summary>
    internal bool IsCooked
    {
        get
        {
            Termios attributes;
            Assert.Equal(0, Libc.GetTerminalAttributes(_slave, &attributes));
            return (attributes.LocalFlags & 0xa) == 0xa;
        }
    }

    internal void Resize(int rows, int columns)
    {
        var size = new WindowSize { Rows = (ushort)rows, Columns = (ushort)columns };
        Assert.Equal(0, Control(_master, SetWindowSize, &size));
    }

    internal void Type(string text) => _master.Write(Encoding.Latin1.GetBytes(text));

    /// <summary>Starts mvm with the terminal as input, output and error.</summary>
    internal Process Start(FakeEngine engine, string arguments, string variable = "TERM=xterm") => StartProgram(engine, $"{Mvm.Program} {arguments}", variable);

    /// <summary>The same with any command line of sh.</summary>
    internal Process StartProgram(FakeEngine engine, string command, string variable = "TERM=xterm")
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"unset NO_COLOR; export {variable}; exec setsid --ctty --wait {command} <>{Path} >&0 2>&0"]);
        start.Environment["MVM_HOST"] = engine.SocketPath;
        return Process.Start(start)!;
    }

    /// <summary>Waits until the screen shows it.</summary>
    internal string WaitFor(string text)
    {
        long deadline = Environment.TickCount64 + 30_000;
        lock (_gate)
        {
            while (!_seen.ToString().Contains(text, StringComparison.Ordinal))
            {
                if (!Monitor.Wait(_gate, TimeSpan.FromMilliseconds(Math.Max(0, deadline - Environment.TickCount64))))
                {
                    Assert.Fail($"'{text}' did not come; the screen is: {_seen}");
                }
            }

            return _seen.ToString();
        }
    }

    public void Dispose()
    {
        _slave.Dispose();
        _master.Dispose();
    }

    private void ReadScreen()
    {
        byte[] buffer = new byte[4096];
        try
        {
            int count;
            while ((count = _master.Read(buffer)) > 0)
            {
                lock (_gate)
                {
                    _seen.Append(Encoding.UTF8.GetString(buffer, 0, count));
                    Monitor.PulseAll(_gate);
                }
            }
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
            // The terminal is gone.
        }
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(FileDescriptor descriptor, nuint request, void* argument);
}
