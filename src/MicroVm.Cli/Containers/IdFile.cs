using System.Text;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Containers;

/// <summary>--cidfile: never overwritten, and gone again when no container came of it.</summary>
internal sealed class IdFile : IDisposable
{
    private const int Exclusive = 0x80; // O_EXCL
    private const int Mode = 0x1a4; // 0644

    private readonly FileDescriptor _file;
    private readonly string _path;
    private bool _written;

    private IdFile(FileDescriptor file, string path) => (_file, _path) = (file, path);

    internal static IdFile Open(string path)
    {
        try
        {
            return new IdFile(FileDescriptor.Open(path, Constants.O_WRONLY | Constants.O_CREAT | Exclusive, Mode), path);
        }
        catch (SystemCallException failure) when (failure.Error == Constants.EEXIST)
        {
            throw new CliException($"container ID file found, make sure the other container isn't running or delete {path}");
        }
        catch (SystemCallException failure)
        {
            throw new CliException($"failed to create the container ID file: {failure.Message}");
        }
    }

    internal void Write(string id)
    {
        _file.Write(Encoding.ASCII.GetBytes(id));
        _written = true;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_written)
        {
            File.Delete(_path);
        }
    }
}
