//! From a program to finished bytes: all its functions compiled for a target, and linked to each other.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, Function, UserFuncName};
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context, FinalizedRelocTarget};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use target_lexicon::{Architecture, Endianness, Triple};

use super::calls::name;
use super::check::check;
use super::facts::Facts;
use super::lower::{Key, Lower, Shared};
use super::{JitError, Options};
use crate::arena::{MAX_RODATA, load_mask};
use crate::graph::components;
use crate::memory::read_only;
use crate::program::Program;

/// Functions start at multiples of this.
const ALIGNMENT: usize = 64;
/// Bytes that a function may take of the thread's stack: code does not probe it, so that a call chain must not be able to
/// jump over the stack's guard.
const MAX_FRAME: u32 = 16 << 10;

/// Machine code that was not mapped yet.
#[derive(Default)]
pub struct Object {
    pub bytes: Vec<u8>,
    /// Where the entry function starts.
    pub entry: usize,
    /// What the code leaves of the addresses of loads.
    pub load_mask: u64,
    /// Whether the code may write to the packet.
    pub writes_packet: bool,
}

/// A call that is to be filled in.
struct Link {
    at: usize,
    kind: Reloc,
    addend: i64,
    to: Key,
}

impl Object {
    /// Compiles `program` for `target`.
    ///
    /// # Errors
    /// [`JitError`]
    pub fn new(program: &Program, target: &Triple, options: Options) -> Result<Self, JitError> {
        let isa = target_isa(target)?;
        check(program)?;
        let (rodata, sections) = read_only(program);
        if rodata.len() > MAX_RODATA {
            return Err(JitError::ReadOnlyData);
        }
        let shared = Shared {
            program,
            charges: program.charges(),
            loops: &components(program),
            sections: &sections,
            load_mask: load_mask(rodata.len()),
            convention: isa.default_call_conv(),
            options,
        };
        let mut object = Self {
            load_mask: shared.load_mask,
            ..Self::default()
        };
        let mut starts: BTreeMap<Key, usize> = BTreeMap::new();
        let mut links = Vec::new();
        let mut work = vec![(0, 0)];
        let mut builders = FunctionBuilderContext::new();
        while let Some(key) = work.pop() {
            if let Entry::Vacant(start) = starts.entry(key) {
                start.insert(object.bytes.len().next_multiple_of(ALIGNMENT));
                work.extend(object.function(
                    &shared,
                    key,
                    isa.as_ref(),
                    &mut builders,
                    &mut links,
                )?);
            }
        }
        for link in links {
            let distance = starts[&link.to] as i64 + link.addend - link.at as i64;
            object.link(&link, distance)?;
        }
        object.entry = starts[&(0, 0)];
        Ok(object)
    }

    /// Appends the code of function `key`, and returns what it calls.
    fn function(
        &mut self,
        shared: &Shared<'_>,
        key: Key,
        isa: &dyn isa::TargetIsa,
        builders: &mut FunctionBuilderContext,
        links: &mut Vec<Link>,
    ) -> Result<Vec<Key>, JitError> {
        let mut context = Context::for_function(Function::with_name_signature(
            UserFuncName::User(name(key)),
            shared.signature_of(key),
        ));
        let facts = Facts::new(shared.program, shared.sections, key.0, key.1);
        let builder = FunctionBuilder::new(&mut context.func, builders);
        let mut lower = Lower::new(shared, builder, &facts, key);
        lower
            .function(key.0)
            .map_err(|found| JitError::Unsupported {
                pc: found.pc,
                what: found.what,
            })?;
        let called = std::mem::take(&mut lower.called);
        self.writes_packet |= lower.writes_packet;
        lower.b.finalize(isa.frontend_config());
        context
            .compile(isa, &mut ControlPlane::default())
            .map_err(|error| failed(&error.inner))?;
        let Some(code) = context.compiled_code() else {
            return Err(JitError::Compiler("no code".to_owned()));
        };
        let frame = code.buffer.frame_layout();
        if frame.is_none_or(|frame| frame.frame_to_fp_offset > MAX_FRAME) {
            return Err(JitError::Unsupported {
                pc: key.0,
                what: "a function with that many values at once",
            });
        }
        let start = self.bytes.len().next_multiple_of(ALIGNMENT);
        self.bytes.resize(start, 0);
        self.bytes.extend_from_slice(code.code_buffer());
        for relocation in code.buffer.relocs() {
            let FinalizedRelocTarget::ExternalName(ExternalName::User(to)) = &relocation.target
            else {
                return Err(JitError::Compiler("a reference to nowhere".to_owned()));
            };
            let to = &context.func.params.user_named_funcs()[*to];
            links.push(Link {
                at: start + relocation.offset as usize,
                kind: relocation.kind,
                addend: relocation.addend,
                to: (to.index as usize, to.namespace as usize),
            });
        }
        Ok(called)
    }

    /// Fills in a call of what is `distance` bytes away.
    fn link(&mut self, link: &Link, distance: i64) -> Result<(), JitError> {
        let too_far = |_| JitError::Compiler("a call too far".to_owned());
        let place = &mut self.bytes[link.at..link.at + 4];
        match link.kind {
            Reloc::X86CallPCRel4 => {
                let distance = i32::try_from(distance).map_err(too_far)?;
                place.copy_from_slice(&distance.to_le_bytes());
            }
            Reloc::Arm64Call => {
                // 26 bits of distance in words.
                let words = i32::try_from(distance / 4).map_err(too_far)?;
                if words.unsigned_abs() >= 1 << 25 {
                    return Err(JitError::Compiler("a call too far".to_owned()));
                }
                let instruction = u32::from_le_bytes([place[0], place[1], place[2], place[3]]);
                let linked = (instruction & 0xfc00_0000) | (words.cast_unsigned() & 0x03ff_ffff);
                place.copy_from_slice(&linked.to_le_bytes());
            }
            other => return Err(JitError::Compiler(format!("a reference of kind {other:?}"))),
        }
        Ok(())
    }
}

fn failed(error: &CodegenError) -> JitError {
    JitError::Compiler(error.to_string())
}

/// How to compile for `target`.
pub fn target_isa(target: &Triple) -> Result<OwnedTargetIsa, JitError> {
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
