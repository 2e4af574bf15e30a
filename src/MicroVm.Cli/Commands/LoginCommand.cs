using MicroVm.Cli.Arguments;
using MicroVm.Cli.Images;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Terminal;

namespace MicroVm.Cli.Commands;

internal sealed class LoginCommand : Command
{
    private const int MaximumPassword = 64 << 10;

    private string? _user;
    private string? _password;
    private bool _passwordFromInput;

    internal override void Define(FlagSet flags)
    {
        flags.Text("password", 'p', "Password", value => _password = value);
        flags.Switch("password-stdin", '\0', "Take the password from stdin", value => _passwordFromInput = value);
        flags.Text("username", 'u', "Username", value => _user = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        CheckFlags();
        string key = LoginFile.KeyOf(operands.Count > 0 ? operands[0] : "");
        if (_password is not null)
        {
            CommandLine.Report("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
        }

        string user = _user ?? Asked("Username: ", hidden: false, context);
        string password = _passwordFromInput ? ReadPassword() : _password ?? Asked("Password: ", hidden: true, context);
        context.Client.Request("POST", "/auth", RegistryAuth.Document(user, password, key));
        LoginFile.Set(key, user, password);
        CommandLine.Report($"WARNING! Your password is stored unencrypted in {LoginFile.Path}.");
        context.Out.WriteLine("Login Succeeded");
        return ExitCodes.Success;
    }

    private void CheckFlags()
    {
        if (_passwordFromInput && _password is not null)
        {
            throw new CliException("--password and --password-stdin are mutually exclusive");
        }

        if (_passwordFromInput && string.IsNullOrEmpty(_user))
        {
            throw new CliException("Must provide --username with --password-stdin");
        }
    }

    private static string Asked(string question, bool hidden, CommandContext context)
    {
        if (!FileDescriptor.StandardInput.IsTerminal)
        {
            throw new CliException("Cannot perform an interactive login from a non TTY device: give --username and --password-stdin");
        }

        string answer = hidden ? Prompt.AskHidden(context.Out, question) : Prompt.Ask(context.Out, question);
        return answer.Length > 0 ? answer : throw new CliException(hidden ? "password required" : "username required");
    }

    private static string ReadPassword()
    {
        byte[] buffer = new byte[MaximumPassword];
        int length = 0;
        for (int count; length < buffer.Length && (count = FileDescriptor.StandardInput.Read(buffer.AsSpan(length))) > 0;)
        {
            length += count;
        }

        string password = System.Text.Encoding.UTF8.GetString(buffer, 0, length).TrimEnd('\n').TrimEnd('\r');
        return password.Length > 0 ? password : throw new CliException("password required");
    }
}
