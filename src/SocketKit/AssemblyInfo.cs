using System.Runtime.CompilerServices;

// Structures that cross into native code are blittable by rule.
[assembly: DisableRuntimeMarshalling]
