using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

// Without run-time marshalling ReadyToRun compiles the P/Invoke stubs ahead of time.
[assembly: DisableRuntimeMarshalling]
[assembly: SupportedOSPlatform("linux")]
