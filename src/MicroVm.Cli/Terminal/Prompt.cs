using System.Text;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Terminal;

/// <summary>Questions to the user.</summary>
internal static class Prompt
{
    private const int MaximumLine = 4096;

    internal static string Ask(TextOutput output, string question)
    {
        output.Write(question).Flush();
        return ReadLine();
    }

    /// <summary>What is typed is not shown.</summary>
    internal static string AskHidden(TextOutput output, string question)
    {
        output.Write(question).Flush();
        using (RawMode.HideInput(FileDescriptor.StandardInput))
        {
            string answer = ReadLine();
            output.WriteLine().Flush();
            return answer;
        }
    }

    /// <exception cref="CliException">The input has ended, or the line is no answer.</exception>
    private static string ReadLine()
    {
        var line = new List<byte>();
        Span<byte> next = stackalloc byte[1];
        while (FileDescriptor.StandardInput.Read(next) > 0)
        {
            if (next[0] == '\n')
            {
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(line.Count < MaximumLine ? next[0] : throw new CliException("the answer is too long"));
        }

        throw new CliException("the input ended before the answer");
    }
}
