using System.IO.Pipelines;

namespace MicroVm.Images.Composition;

/// <summary>Entries as the uncompressed tar that a layer store takes.</summary>
public static class LayerArchive
{
    private static readonly PipeOptions s_pipe = new(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 2 << 20, useSynchronizationContext: false);

    /// <summary>
    /// Calls <paramref name="consume"/> with the archive, which is written while it is read. What goes wrong with an entry's content is what
    /// reading fails with.
    /// </summary>
    public static async Task<T> ConsumeAsync<T>(
        IEnumerable<LayerEntry> entries, Func<Stream, Task<T>> consume, CancellationToken cancellationToken)
    {
        var pipe = new Pipe(s_pipe);
        Task writing = Task.Run(() => WriteAsync(entries, pipe.Writer, cancellationToken), CancellationToken.None);
        try
        {
            return await consume(pipe.Reader.AsStream()).ConfigureAwait(false);
        }
        finally
        {
            // Ends a writer that nobody reads any more.
            await pipe.Reader.CompleteAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(IEnumerable<LayerEntry> entries, PipeWriter pipe, CancellationToken cancellationToken)
    {
        try
        {
            var archive = new LayerTarWriter(pipe);
            foreach (LayerEntry entry in entries)
            {
                if (!await archive.AddAsync(entry, cancellationToken).ConfigureAwait(false))
                {
                    break;
                }
            }

            archive.Finish();
            await pipe.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The reader's to throw.
            await pipe.CompleteAsync(e).ConfigureAwait(false);
        }
    }
}
