using MicroVm.Generate;

// Writes what comes from the protocol's definition. `--check` writes nothing and fails when a file would change.
bool check = args.Contains("--check");
string root = FindRoot();
var model = new Model();
var c = new CWriter(model);
(string Path, string Text)[] files =
[
    ("src/MicroVm.Protocol/Generated/MessageCodec.cs", new CSharpWriter(model).Write()),
    ("native/agent/generated/messages.h", c.Header()),
    ("native/agent/generated/messages.c", c.Source()),
    ("tests/vectors/protocol-1.txt", new SnapshotWriter(model).Write()),
];

int changed = 0;
foreach ((string path, string text) in files)
{
    string file = Path.Combine(root, path);
    if (File.Exists(file) && File.ReadAllText(file) == text)
    {
        continue;
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
