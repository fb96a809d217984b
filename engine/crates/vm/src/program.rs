//! A loaded program: relocated instructions, read-only data and line information.

use std::collections::BTreeMap;

/// One 8-byte BPF instruction slot (RFC 9669, section 3). A wide instruction takes two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insn {
    pub op: u8,
    pub dst: u8,
    pub src: u8,
    pub off: i16,
    pub imm: i32,
}

/// A read-only data section. `lddw` with source 2 names it by its index in `imm`; the next slot's `imm` is the offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rodata {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Where an instruction comes from in the C source. Line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub text: String,
}

/// An immutable program, entry at instruction 0, bpf-to-bpf calls resolved to relative `imm` with source 1.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub insns: Vec<Insn>,
    pub rodata: Vec<Rodata>,
    pub lines: BTreeMap<usize, SourceLine>,
}
