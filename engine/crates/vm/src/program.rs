//! A loaded program: relocated instructions, read-only data and line information.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::charges::Charges;
use crate::jit::{Code, JitError};

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

/// A program, not to be changed once it runs: entry at instruction 0, bpf-to-bpf calls resolved to relative `imm` with source 1.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub insns: Vec<Insn>,
    pub rodata: Vec<Rodata>,
    pub lines: BTreeMap<usize, SourceLine>,
    pub derived: Derived,
}

/// What follows from the instructions of a program, computed when it is first asked for. A copy starts anew.
#[derive(Debug, Default)]
pub struct Derived {
    charges: OnceLock<Charges>,
    code: OnceLock<Result<Arc<Code>, JitError>>,
}

impl Clone for Derived {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Program {
    /// What control flow costs.
    #[must_use]
    pub fn charges(&self) -> &Charges {
        self.derived.charges.get_or_init(|| Charges::new(self))
    }

    /// The program's machine code, compiled when it is first asked for.
    ///
    /// # Errors
    /// [`JitError`], the same each time.
    pub fn code(&self) -> Result<Arc<Code>, JitError> {
        self.derived
            .code
            .get_or_init(|| Code::new(self).map(Arc::new))
            .clone()
    }
}
