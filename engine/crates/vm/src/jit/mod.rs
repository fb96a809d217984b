//! The compiler: a program becomes machine code that cannot reach anything but its arena, and cannot run for ever.
//!
//! Nothing here relies on the verifier: accesses are masked into the arena (see [`crate::arena`]), fuel bounds time, and
//! what a program may not do at all is refused before there is code.

mod access;
mod calls;
mod check;
#[cfg(test)]
mod control;
mod edges;
mod executable;
mod facts;
mod jumps;
mod lower;
mod object;
mod runtime;
#[cfg(test)]
mod tests;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use target_lexicon::Triple;

use crate::arena::{MAX_RODATA, PRIVATE};
use crate::helpers::Env;
use crate::interp::{RunError, bad};
use crate::memory::Memory;
use crate::program::{Insn, Program};
use executable::Executable;
use object::Object;
use runtime::{Answer, FAULT, Failure, Run};

/// Why a program is not compiled. It can still be interpreted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JitError {
    #[error("there is no compiler for {0}")]
    Platform(String),
    /// With the code of the diagnostic.
    #[error("the program is not valid: {0}")]
    Invalid(String),
    #[error("instruction {pc}: {what} is not compiled")]
    Unsupported { pc: usize, what: &'static str },
    #[error("more than {MAX_RODATA} bytes of read-only data")]
    ReadOnlyData,
    #[error("the compiler failed: {0}")]
    Compiler(String),
    #[error("the system allows no executable memory")]
    Memory,
}

impl JitError {
    /// A stable machine-readable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Platform(_) => "jit.platform",
            Self::Invalid(_) => "jit.invalid",
            Self::Unsupported { .. } => "jit.unsupported",
            Self::ReadOnlyData => "jit.read_only_data",
            Self::Compiler(_) => "jit.compiler",
            Self::Memory => "jit.memory",
        }
    }
}

/// How to compile.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// Leaves the masks out, to see that the tests notice.
    #[cfg(test)]
    pub no_masks: bool,
}

impl Options {
    #[cfg(test)]
    fn masks(self) -> bool {
        !self.no_masks
    }

    #[cfg(not(test))]
    #[allow(clippy::unused_self, reason = "in tests it depends on self")]
    fn masks(self) -> bool {
        true
    }
}

/// A compiled program. Its memory is freed with the last reference.
#[derive(Debug)]
pub struct Code {
    executable: Executable,
    /// Offset of the entry function.
    entry: usize,
    /// Fuel for entering it.
    cost: u64,
    load_mask: u64,
    writes_packet: bool,
    calls_helpers: bool,
}

impl Code {
    /// Compiles `program` for this machine.
    ///
    /// # Errors
    /// [`JitError`]
    pub fn new(program: &Program) -> Result<Self, JitError> {
        Self::with_options(program, Options::default())
    }

    pub(crate) fn with_options(program: &Program, options: Options) -> Result<Self, JitError> {
        // A compiler is a large thing: where it panics on a program, that one is interpreted.
        let compile = || Object::new(program, &Triple::host(), options);
        let object = catch_unwind(AssertUnwindSafe(compile))
            .unwrap_or_else(|_| Err(JitError::Compiler("it panicked".to_owned())))?;
        Ok(Self {
            executable: Executable::new(&object.bytes).ok_or(JitError::Memory)?,
            entry: object.entry,
            cost: program.charges().entry(0),
            load_mask: object.load_mask,
            writes_packet: object.writes_packet,
            calls_helpers: calls_helpers(program),
        })
    }

    /// The machine code, to be looked at.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.executable.bytes()
    }

    /// Whether the program calls helpers: without them nothing but its memory matters to it.
    #[must_use]
    pub fn calls_helpers(&self) -> bool {
        self.calls_helpers
    }

    /// Runs the program that this is the code of and returns r0; `fuel`, at most `i64::MAX`, is lowered by what was used.
    ///
    /// # Errors
    /// [`RunError::OutOfFuel`], or [`RunError::Fault`] where a helper got an address that it must not have.
    pub fn run(&self, env: &mut Env<'_>, fuel: &mut u64) -> Result<u64, RunError> {
        let mut run = Run {
            env,
            failure: None,
            left: 0,
        };
        let memory: *mut Memory = run.env.memory;
        // SAFETY: the memory lives as long as `run`, and code touches neither but through this call and the helpers,
        // one at a time.
        let answer = unsafe { self.enter(&mut *memory, &raw mut run, fuel) }?;
        match (answer.fuel, run.failure) {
            (FAULT, Some(failure)) => {
                *fuel = run.left.cast_unsigned();
                match failure {
                    Failure::Panic(panic) => resume_unwind(panic),
                    Failure::Access(access) => Err(bad(answer.value as usize, access)),
                }
            }
            _ => finish(answer, fuel),
        }
    }

    /// Runs a program that calls no helpers in `memory`.
    ///
    /// # Errors
    /// [`RunError::OutOfFuel`]; [`RunError::Fault`] where the program does call helpers.
    #[inline(always)]
    pub fn run_alone(&self, memory: &mut Memory, fuel: &mut u64) -> Result<u64, RunError> {
        if self.calls_helpers {
            return Err(needs_helpers());
        }
        // SAFETY: the code was made from a program without calls of helpers, which alone look at the run.
        let answer = unsafe { self.enter(memory, std::ptr::null_mut(), fuel) }?;
        finish(answer, fuel)
    }

    /// Enters the code.
    ///
    /// # Safety
    /// `run` is that of `memory`, and nothing else uses it meanwhile; it may be null for code that calls no helpers.
    #[inline(always)]
    unsafe fn enter(
        &self,
        memory: &mut Memory,
        run: *mut Run<'_, '_>,
        fuel: &mut u64,
    ) -> Result<Answer, RunError> {
        // Memory of another program may be smaller than what the masks of this one let through.
        assert!(
            memory.arena().load_mask() == self.load_mask,
            "code runs in the memory of its own program"
        );
        let Some(left) = fuel.checked_sub(self.cost) else {
            *fuel = 0;
            return Err(RunError::OutOfFuel);
        };
        if self.writes_packet {
            memory.packet_written();
        }
        let base = memory.arena().start();
        let left = left.min(i64::MAX.cast_unsigned()).cast_signed();
        // SAFETY: the private part of the arena is mapped and aligned, and holds nothing but this address. The code is a
        // function of this type, and gets the arena that it was compiled for.
        Ok(unsafe {
            if self.calls_helpers {
                base.offset(PRIVATE as isize)
                    .cast::<*mut Run<'_, '_>>()
                    .write(run);
            }
            let code: unsafe extern "C" fn(*mut u8, i64) -> Answer =
                std::mem::transmute(self.executable.at(self.entry));
            code(base, left)
        })
    }
}

#[cold]
fn needs_helpers() -> RunError {
    RunError::Fault {
        pc: 0,
        message: "the program calls helpers".to_owned(),
    }
}

/// What an answer without a fault means.
#[inline]
fn finish(answer: Answer, fuel: &mut u64) -> Result<u64, RunError> {
    let left = u64::try_from(answer.fuel);
    *fuel = left.unwrap_or(0);
    left.map(|_| answer.value).map_err(|_| RunError::OutOfFuel)
}

fn calls_helpers(program: &Program) -> bool {
    let is_call = |insn: &Insn| insn.op == 0x85 && insn.src == 0;
    program.insns.iter().any(is_call)
}
