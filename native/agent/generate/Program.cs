using MicroVm.Generate;

// Writes what comes from the protocol's definition. `--check` writes nothing and fails when a file would change.
bool check = args.Contains("--check");
string root = FindRoot();
var model = new Model();
var c = new CWriter(model);
string readme = Path.Combine(root, "src/MicroVm.Protocol/README.md");
var comments = new SourceComments(Path.Combine(root, "src/MicroVm.Protocol/Messages/Messages.cs"));
(string Path, string Text)[] files =
[
    ("src/MicroVm.Protocol/Generated/MessageCodec.cs", new CSharpWriter(model).Write()),
    ("native/agent/generated/messages.h", c.Header()),
    ("native/agent/generated/messages.c", c.Source()),
    ("src/MicroVm.Protocol/README.md", new ReadmeWriter(model, comments).Write(File.ReadAllText(readme))),
    (SnapshotWriter.Path, new SnapshotWriter(model).Write()),
];

int changed = 0;
foreach ((string path, string text) in files)
{
    string file = Path.Combine(root, path);
    string? old = File.Exists(file) ? File.ReadAllText(file) : null;
    if (old == text)
    {
        continue;
    }

    if (path == SnapshotWriter.Path && old is not null)
    {
        Console.Error.WriteLine($"the protocol is not what {path} says that its version is: raise ProtocolLimits.Version");
        return 1;
    }

    changed++;
    Console.Error.WriteLine((check ? "not what the generator makes: " : "written: ") + path);
    if (!check)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}

return check && changed > 0 ? 1 : 0;

static string FindRoot()
{
    string directory = AppContext.BaseDirectory;
    while (!File.Exists(Path.Combine(directory, "MicroVm.sln")))
    {
        directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("run inside a clone");
    }

    return directory;
}
