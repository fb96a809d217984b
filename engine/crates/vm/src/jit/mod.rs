//! The compiler: a program becomes machine code that cannot reach anything but its arena, and cannot run for ever.
//!
//! Nothing here relies on the verifier: accesses are masked into the arena (see [`crate::arena`]), fuel bounds time, and
//! what a program may not do at all is refused before there is code.

mod access;
mod check;
mod edges;
mod executable;
mod facts;
mod lower;
mod runtime;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::panic::resume_unwind;

use cranelift_codegen::Context;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, Function, UserFuncName};
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, FinalizedRelocTarget};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use target_lexicon::{Architecture, Endianness, Triple};

use crate::arena::{MAX_RODATA, PRIVATE};
use crate::helpers::Env;
use crate::interp::RunError;
use crate::memory::{Memory, read_only};
use crate::program::Program;
use executable::Executable;
use facts::Facts;
use lower::{Key, Lower, Shared, name};
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
    size: usize,
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
        let object = compile(program, &Triple::host(), options)?;
        Ok(Self {
            executable: Executable::new(&object.bytes).ok_or(JitError::Memory)?,
            entry: object.entry,
            cost: program.charges().entry(0),
            load_mask: object.load_mask,
            writes_packet: object.writes_packet,
            size: object.bytes.len(),
        })
    }

    /// Bytes of machine code.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Runs the program that this is the code of and returns r0; `fuel` is lowered by what was used.
    ///
    /// # Errors
    /// [`RunError::OutOfFuel`], or [`RunError::Fault`] where a helper got an address that it must not have.
    pub fn run(&self, env: &mut Env<'_>, fuel: &mut u64) -> Result<u64, RunError> {
        let Some(left) = fuel.checked_sub(self.cost) else {
            *fuel = 0;
            return Err(RunError::OutOfFuel);
        };
        // Memory of another program may be smaller than what the masks of this one let through.
        assert_eq!(
            env.memory.arena().load_mask(),
            self.load_mask,
            "code runs in the memory of its own program"
        );
        if self.writes_packet {
            env.memory.packet_written();
        }
        let start = left.min(i64::MAX.cast_unsigned()).cast_signed();
        let base = env.memory.arena().start();
        let mut run = Run {
            env,
            failure: None,
            left: 0,
        };
        // SAFETY: the private part of the arena is mapped and aligned, and holds nothing but this address. The code is a
        // function of this type, and gets the arena that it was compiled for.
        let answer = unsafe {
            base.offset(PRIVATE as isize)
                .cast::<*mut Run<'_, '_>>()
                .write(&raw mut run);
            let code: unsafe extern "C" fn(*mut u8, i64) -> Answer =
                std::mem::transmute(self.executable.at(self.entry));
            code(base, start)
        };
        let spent = |now: i64| (start - now).cast_unsigned();
        match answer.fuel {
            0.. => {
                *fuel = left - spent(answer.fuel);
                Ok(answer.value)
            }
            FAULT => {
                *fuel = left - spent(run.left);
                match run.failure {
                    Some(Failure::Panic(panic)) => resume_unwind(panic),
                    Some(Failure::Access(access)) => {
                        Err(crate::interp::bad(answer.value as usize, access))
                    }
                    None => Err(RunError::OutOfFuel),
                }
            }
            _ => {
                *fuel = 0;
                Err(RunError::OutOfFuel)
            }
        }
    }

    /// Whether `memory` is of the program that this is the code of, as far as safety needs it.
    #[must_use]
    pub fn fits(&self, memory: &Memory) -> bool {
        memory.arena().load_mask() == self.load_mask
    }
}

/// Machine code that was not mapped yet.
struct Object {
    bytes: Vec<u8>,
    entry: usize,
    load_mask: u64,
    writes_packet: bool,
}

fn compile(program: &Program, target: &Triple, options: Options) -> Result<Object, JitError> {
    let isa = target_isa(target)?;
    check::check(program)?;
    let (rodata, sections) = read_only(program);
    if rodata.len() > MAX_RODATA {
        return Err(JitError::ReadOnlyData);
    }
    let shared = Shared {
        program,
        charges: program.charges(),
        sections: &sections,
        load_mask: crate::arena::load_mask(rodata.len()),
        convention: isa.default_call_conv(),
        options,
    };
    let mut builders = FunctionBuilderContext::new();
    let mut object = Object {
        bytes: Vec::new(),
        entry: 0,
        load_mask: shared.load_mask,
        writes_packet: false,
    };
    let mut starts: BTreeMap<Key, usize> = BTreeMap::new();
    let mut relocations = Vec::new();
    let mut work = vec![(0, 0)];
    while let Some(key) = work.pop() {
        if starts.contains_key(&key) {
            continue;
        }
        let mut context = Context::for_function(Function::with_name_signature(
            UserFuncName::User(name(key)),
            shared.signature_of(key),
        ));
        let facts = Facts::new(program, &sections, key.0, key.1);
        let builder = FunctionBuilder::new(&mut context.func, &mut builders);
        let mut lower = Lower::new(&shared, builder, &facts, key);
        lower
            .function(key.0)
            .map_err(|found| JitError::Unsupported {
                pc: found.pc,
                what: found.what,
            })?;
        work.append(&mut lower.called);
        object.writes_packet |= lower.writes_packet;
        lower.b.finalize(isa.frontend_config());
        context
            .compile(isa.as_ref(), &mut ControlPlane::default())
            .map_err(|error| failed(&error.inner))?;
        let Some(code) = context.compiled_code() else {
            return Err(JitError::Compiler("no code".to_owned()));
        };
        let start = object.bytes.len().next_multiple_of(64);
        object.bytes.resize(start, 0);
        object.bytes.extend_from_slice(code.code_buffer());
        starts.insert(key, start);
        for relocation in code.buffer.relocs() {
            let FinalizedRelocTarget::ExternalName(ExternalName::User(to)) = &relocation.target
            else {
                return Err(JitError::Compiler("a reference to nowhere".to_owned()));
            };
            let to = &context.func.params.user_named_funcs()[*to];
            relocations.push((
                start + relocation.offset as usize,
                relocation.kind,
                relocation.addend,
                (to.index as usize, to.namespace as usize),
            ));
        }
    }
    for (at, kind, addend, key) in relocations {
        let distance = starts[&key] as i64 + addend - at as i64;
        link(&mut object.bytes, at, kind, distance)?;
    }
    object.entry = starts[&(0, 0)];
    Ok(object)
}

/// Fills in a call `distance` bytes away from `at`.
fn link(bytes: &mut [u8], at: usize, kind: Reloc, distance: i64) -> Result<(), JitError> {
    let too_far = |_| JitError::Compiler("a call too far".to_owned());
    let place = &mut bytes[at..at + 4];
    match kind {
        Reloc::X86CallPCRel4 => {
            let distance = i32::try_from(distance).map_err(too_far)?;
            place.copy_from_slice(&distance.to_le_bytes());
        }
        Reloc::Arm64Call => {
            let words = i32::try_from(distance / 4).map_err(too_far)?;
            let instruction = u32::from_le_bytes([place[0], place[1], place[2], place[3]]);
            let linked = (instruction & 0xfc00_0000) | (words.cast_unsigned() & 0x03ff_ffff);
            place.copy_from_slice(&linked.to_le_bytes());
        }
        other => return Err(JitError::Compiler(format!("a reference of kind {other:?}"))),
    }
    Ok(())
}

fn failed(error: &CodegenError) -> JitError {
    JitError::Compiler(error.to_string())
}

fn target_isa(target: &Triple) -> Result<OwnedTargetIsa, JitError> {
    let supported = matches!(
        target.architecture,
        Architecture::X86_64 | Architecture::Aarch64(_)
    ) && target.endianness() == Ok(Endianness::Little);
    let unsupported = || JitError::Platform(target.to_string());
    if !supported {
        return Err(unsupported());
    }
    let mut flags = settings::builder();
    for (flag, value) in [
        ("opt_level", "speed"),
        ("is_pic", "false"),
        ("enable_probestack", "false"),
        ("unwind_info", "false"),
        (
            "enable_verifier",
            if cfg!(debug_assertions) {
                "true"
            } else {
                "false"
            },
        ),
    ] {
        flags
            .set(flag, value)
            .map_err(|error| JitError::Compiler(error.to_string()))?;
    }
    isa::lookup(target.clone())
        .map_err(|_| unsupported())?
        .finish(settings::Flags::new(flags))
        .map_err(|error| failed(&error))
}
