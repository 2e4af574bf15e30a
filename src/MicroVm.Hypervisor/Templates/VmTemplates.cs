namespace MicroVm.Hypervisor.Templates;

/// <summary>
/// The templates of one driver, made in the background while no VM starts. They live as long as the daemon, in its memory: there is nothing
/// on disk that could be old, half there or another's.
/// </summary>
/// <param name="make">Boots one.</param>
/// <param name="report">Is told, in one line, what became of it.</param>
internal sealed class VmTemplates(Func<TemplateShape, CancellationToken, VmTemplate> make, Action<string> report) : IDisposable
{
    // Some 40 MiB each, whatever memory its VMs have.
    private const int MaxTemplates = 4;
    private const int MaxShapes = 64;

    // A shape that is asked for once may never be again.
    private const int UsesBefore = 2;
    private const int MaxFailures = 3;
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly Lock _sync = new();
    private readonly Dictionary<TemplateShape, Entry> _entries = [];
    private readonly CancellationTokenSource _stop = new();
    private Thread? _maker;
    private int _starting;
    private long _lastStart = Environment.TickCount64;

    /// <summary>A VM starts, until this is disposed.</summary>
    public IDisposable Start()
    {
        _ = Interlocked.Increment(ref _starting);
        return new Started(this);
    }

    /// <summary>Those of the shape's template; null: there is none, and there may be one later.</summary>
    public TemplateFiles? Find(TemplateShape shape)
    {
        lock (_sync)
        {
            Entry entry = EntryOf(shape);
            entry.Uses++;
            entry.LastUse = Environment.TickCount64;
            MakeWhatIsWanted();
            return entry.Template?.Open();
        }
    }

    /// <summary>VMs of this shape will be started.</summary>
    public void Expect(TemplateShape shape)
    {
        lock (_sync)
        {
            EntryOf(shape).Uses += UsesBefore;
            MakeWhatIsWanted();
        }
    }

    /// <summary>A VM was restored from it.</summary>
    public void Worked(TemplateShape shape)
    {
        lock (_sync)
        {
            EntryOf(shape).Failures = 0;
        }
    }

    /// <summary>A VM could not be restored from it, which may have been that VM's own fault.</summary>
    public void Failed(TemplateShape shape, string reason)
    {
        bool isRefused;
        lock (_sync)
        {
            isRefused = ++EntryOf(shape).Failures >= MaxFailures;
        }

        if (isRefused)
        {
            Refuse(shape, reason);
        }
    }

    /// <summary>It can't be used: VMs of its shape boot.</summary>
    public void Refuse(TemplateShape shape, string reason)
    {
        lock (_sync)
        {
            Entry entry = EntryOf(shape);
            entry.IsRefused = true;
            entry.Template?.Dispose();
            entry.Template = null;
        }

        report($"VMs with {shape} boot and are not restored from a template: {reason}");
    }

    public void Dispose()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        Thread? maker;
        lock (_sync)
        {
            _stop.Cancel();
            maker = _maker;
        }

        maker?.Join();
        lock (_sync)
        {
            Forget(_entries);
        }

        _stop.Dispose();
    }

    private Entry EntryOf(TemplateShape shape)
    {
        if (!_entries.TryGetValue(shape, out Entry? entry))
        {
            if (_entries.Count >= MaxShapes)
            {
                Forget(_entries.Where(e => e.Value.Template is null));
            }

            _entries[shape] = entry = new();
        }

        return entry;
    }

    private void Forget(IEnumerable<KeyValuePair<TemplateShape, Entry>> entries)
    {
        foreach ((TemplateShape shape, Entry entry) in entries.ToList())
        {
            entry.Template?.Dispose();
            _entries.Remove(shape);
        }
    }

    /// <summary>Under the lock.</summary>
    private void MakeWhatIsWanted()
    {
        if (_maker is null && Wanted() is not null && !_stop.IsCancellationRequested)
        {
            _maker = new Thread(MakeAll) { IsBackground = true, Name = "templates" };
            _maker.Start();
        }
    }

    /// <summary>Under the lock.</summary>
    private TemplateShape? Wanted() =>
        _entries.FirstOrDefault(e => e.Value is { Template: null, IsRefused: false, Uses: >= UsesBefore }).Key;

    private void MakeAll()
    {
        while (true)
        {
            WaitUntilQuiet();
            TemplateShape? shape;
            lock (_sync)
            {
                shape = _stop.IsCancellationRequested ? null : Wanted();
                if (shape is null)
                {
                    _maker = null;
                    return;
                }
            }

            Make(shape);
        }
    }

    private void Make(TemplateShape shape)
    {
        long begin = Environment.TickCount64;
        try
        {
            VmTemplate template = make(shape, _stop.Token);
            Keep(shape, template);
            report($"VMs with {shape} are restored from a template: made in {Environment.TickCount64 - begin} ms, {template.Size >> 20} MiB");
        }
        catch (Exception e)
        {
            // Whatever it is: VMs boot without a template, too.
            if (!_stop.IsCancellationRequested)
            {
                Refuse(shape, e.Message);
            }
        }
    }

    private void Keep(TemplateShape shape, VmTemplate template)
    {
        lock (_sync)
        {
            // Those of an earlier kernel, agent or QEMU.
            Forget(_entries.Where(e => e.Key != shape && e.Key.VCpus == shape.VCpus && e.Key.Memory == shape.Memory));
            Forget(_entries.Where(e => e.Value.Template is not null).OrderByDescending(e => e.Value.LastUse).Skip(MaxTemplates - 1));
            Entry entry = EntryOf(shape);
            entry.Template = template;
            entry.LastUse = Environment.TickCount64;
        }
    }

    /// <summary>A template takes a processor for as long as a VM's boot does: whoever waits for a VM goes first.</summary>
    private void WaitUntilQuiet()
    {
        long begin = Environment.TickCount64;
        while (Environment.TickCount64 - begin < s_patience.TotalMilliseconds)
        {
            long left = Volatile.Read(ref _starting) > 0 ? 100 : (long)s_quiet.TotalMilliseconds - (Environment.TickCount64 - Volatile.Read(ref _lastStart));
            if (left <= 0 || _stop.Token.WaitHandle.WaitOne((int)left))
            {
                return;
            }
        }
    }

    private sealed class Entry
    {
        public VmTemplate? Template { get; set; }

        public int Uses { get; set; }

        public long LastUse { get; set; }

        /// <summary>In a row.</summary>
        public int Failures { get; set; }

        public bool IsRefused { get; set; }
    }

    private sealed class Started(VmTemplates templates) : IDisposable
    {
        public void Dispose()
        {
            Volatile.Write(ref templates._lastStart, Environment.TickCount64);
            _ = Interlocked.Decrement(ref templates._starting);
        }
    }
}
