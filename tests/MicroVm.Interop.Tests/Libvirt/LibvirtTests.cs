using System.Collections.Concurrent;
using System.Xml.Linq;
using MicroVm.Interop.Generated;
using MicroVm.Interop.Libvirt;

namespace MicroVm.Interop.Tests.Libvirt;

/// <summary>Against the hypervisor that libvirt itself has for tests: domains with states, and nothing that runs.</summary>
public sealed class LibvirtTests
{
    private const string Uri = "test:///default";
    private const string Namespace = "https://example.org/mvm";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task AConnectionSaysWhatItIs()
    {
        using LibvirtConnection connection = await LibvirtConnection.OpenAsync(Uri);
        Assert.Equal(Uri, connection.Uri);
        Assert.True(connection.IsAlive);
        Assert.Matches(@"^\d+\.\d+\.\d+$", connection.Version);
        Assert.Contains("test", (await connection.ListAsync()).Select(d => d.Name));
    }

    [Fact]
    public async Task ADomainLivesItsLife()
    {
        using LibvirtConnection connection = await LibvirtConnection.OpenAsync(Uri);
        using LibvirtDomain domain = await connection.DefineAsync(Xml("lived"));
        Assert.Equal(virDomainState.VIR_DOMAIN_SHUTOFF, await domain.GetStateAsync());
        await domain.StartAsync();
        await domain.SuspendAsync();
        Assert.Equal(virDomainState.VIR_DOMAIN_PAUSED, await domain.GetStateAsync());
        await domain.ResumeAsync();
        Assert.Equal(virDomainState.VIR_DOMAIN_RUNNING, await domain.GetStateAsync());
        await domain.ShutDownAsync();
        await domain.StartAsync();
        await domain.DestroyAsync();
        await domain.UndefineAsync();
        await RefusedAsync(virErrorNumber.VIR_ERR_NO_DOMAIN, () => connection.LookUpByNameAsync("lived"));
    }

    [Fact]
    public async Task ATransientDomainIsGoneWhenItStops()
    {
        using LibvirtConnection connection = await LibvirtConnection.OpenAsync(Uri);
        using LibvirtDomain domain = await connection.CreateAsync(Xml("passing"));
        using LibvirtDomain found = await connection.LookUpByUuidAsync(domain.Uuid);
        Assert.Equal("passing", found.Name);
        await domain.DestroyAsync();
        await RefusedAsync(virErrorNumber.VIR_ERR_NO_DOMAIN, () => connection.LookUpByUuidAsync(domain.Uuid));
        await RefusedAsync(virErrorNumber.VIR_ERR_NO_DOMAIN, () => domain.GetXmlAsync());
    }

    [Fact]
    public async Task MetadataComesBackAsItWasGiven()
    {
        using LibvirtConnection connection = await LibvirtConnection.OpenAsync(Uri);
        using LibvirtDomain domain = await connection.CreateAsync(Xml("told"));
        await domain.SetTitleAsync("grüße & <tags>");
        await domain.SetMetadataAsync("<container name='web'/>", "mvm", Namespace);
        Assert.Equal("grüße & <tags>", await domain.GetTitleAsync());
        Assert.Equal("web", XElement.Parse(await domain.GetMetadataAsync(Namespace)).Attribute("name")?.Value);
        Assert.Contains(Namespace, await domain.GetXmlAsync(), StringComparison.Ordinal);
        await RefusedAsync(virErrorNumber.VIR_ERR_NO_DOMAIN_METADATA, () => domain.GetMetadataAsync("https://example.org/other"));
        await domain.DestroyAsync();
    }

    [Fact]
    public async Task EventsTellWhatHappensToWhom()
    {
        using LibvirtConnection connection = await LibvirtConnection.OpenAsync(Uri);
        var stopped = new TaskCompletionSource<LibvirtDomainEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        var types = new ConcurrentQueue<virDomainEventType>();
        connection.DomainChanged += (_, e) =>
        {
            if (e.Name == "watched")
            {
                types.Enqueue(e.Type);
                if (e.Type == virDomainEventType.VIR_DOMAIN_EVENT_STOPPED)
                {
                    stopped.SetResult(e);
                }
            }

            throw new InvalidOperationException("a subscriber's error must not reach libvirt");
        };
        using LibvirtDomain domain = await connection.CreateAsync(Xml("watched"));
        await domain.DestroyAsync();
        LibvirtDomainEvent last = await stopped.Task.WaitAsync(s_limit);
        Assert.Equal(domain.Uuid, last.Uuid);
        Assert.Equal((int)virDomainEventStoppedDetailType.VIR_DOMAIN_EVENT_STOPPED_DESTROYED, last.Detail);
        Assert.Contains(virDomainEventType.VIR_DOMAIN_EVENT_STARTED, types);
    }

    [Fact]
    public async Task EachThreadReadsItsOwnError()
    {
        using LibvirtConnection connection = await LibvirtConnection.OpenAsync(Uri);
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async number =>
        {
            string xml = Xml("wrong").Replace("</domain>", $"<on_reboot>action-{number}-</on_reboot></domain>", StringComparison.Ordinal);
            var error = await Assert.ThrowsAnyAsync<LibvirtException>(() => connection.CreateAsync(xml));
            Assert.Contains($"action-{number}-", error.Message, StringComparison.Ordinal);
            Assert.NotEqual(virErrorNumber.VIR_ERR_OK, error.Code);
        }));
    }

    [Fact]
    public async Task WhereNobodyListensIsSaid()
    {
        LibvirtException error = await RefusedAsync(
            virErrorNumber.VIR_ERR_SYSTEM_ERROR, () => LibvirtConnection.OpenAsync("qemu+unix:///system?socket=/nowhere/libvirt-sock&mode=direct"));
        Assert.Contains("/nowhere/libvirt-sock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongXmlIsRefusedInOneLine()
    {
        using LibvirtConnection connection = await LibvirtConnection.OpenAsync(Uri);
        LibvirtException error = await RefusedAsync(virErrorNumber.VIR_ERR_XML_DETAIL, () => connection.CreateAsync("<domain type='test'><name>a\nb"));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task WhatIsClosedIsNotUsed()
    {
        LibvirtConnection connection = await LibvirtConnection.OpenAsync(Uri);
        connection.Dispose();
        connection.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => connection.LookUpByNameAsync("test"));
    }

    [Fact]
    public void AMissingLibrarySaysWhatToInstall()
    {
        LibvirtMissingException error = Assert.Throws<LibvirtMissingException>(() => LibvirtRuntime.Find("libvirt-of-nowhere.so.0"));
        Assert.Contains("apt-get install libvirt0", error.Message, StringComparison.Ordinal);
    }

    private static string Xml(string name) =>
        $"<domain type='test'><name>{name}</name><memory>8192</memory><os><type>hvm</type></os></domain>";

    private static async Task<LibvirtException> RefusedAsync(virErrorNumber code, Func<Task> call)
    {
        var error = await Assert.ThrowsAnyAsync<LibvirtException>(call);
        Assert.Equal(code, error.Code);
        return error;
    }
}
