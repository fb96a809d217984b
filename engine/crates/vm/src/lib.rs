//! The contained BPF virtual machine: loading, verification, execution, state and replay.
//!
//! The crate does no I/O, reads no clock and starts no thread: time, randomness and "stop now?" are passed in.

pub mod additions;
pub mod alu;
pub mod arena;
pub mod capture;
pub mod challenges;
pub mod charges;
pub mod check;
pub mod diagnostic;
pub mod graph;
pub mod helpers;
mod inlined;
pub mod instance;
pub mod interp;
pub mod jit;
pub mod load;
pub mod memory;
pub mod offset;
pub mod packet;
pub mod program;
mod references;
pub mod replay;
pub mod source;
pub mod state;
pub mod table;
pub mod trace;
pub mod verify;

// Tests of the crate share the generator of random programs with those outside of it.
#[cfg(test)]
extern crate self as flowprotect_vm;
