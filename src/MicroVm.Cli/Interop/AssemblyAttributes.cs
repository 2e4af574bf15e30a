using System.Runtime.CompilerServices;

// Without run-time marshalling ReadyToRun compiles the P/Invoke stubs ahead of time.
[assembly: DisableRuntimeMarshalling]
