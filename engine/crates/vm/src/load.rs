//! From clang's BPF ELF to a [`Program`]: sections checked, instructions relocated by Prevail's loader.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use object::{Object, ObjectSection, ObjectSymbol};
use prevail::elf_loader;
use prevail::spec::type_descriptors::{BtfLineInfo, RawProgram};

use crate::check::check;
use crate::diagnostic::{Diagnostic, Stage};
use crate::inlined;
use crate::program::{Insn, Program, Rodata, SourceLine};
use crate::references::first_use;
use crate::source::place_at;
use crate::verify::platform::{Platform, options};

/// Largest object file in bytes.
pub const MAX_ELF: usize = 4 << 20;
/// Most instruction slots a program may have.
pub const MAX_INSTRUCTIONS: usize = 8_192;
/// Of the widest field of an ELF header.
const ALIGNMENT: usize = 8;
/// What the compiler calls the author's file.
const OWN_FILE: &str = "program.c";
/// The function a program starts with.
pub const ENTRY: &str = "cf_ebpf_main";

/// A loaded object: what runs, and what the verifier needs.
pub struct Loaded {
    pub program: Program,
    pub(crate) raw: RawProgram,
    pub(crate) platform: Platform,
}

fn refuse(code: &str, message: impl Into<String>, hint: Option<&str>) -> Vec<Diagnostic> {
    let mut diagnostic = Diagnostic::error(Stage::Load, code, message);
    diagnostic.hint = hint.map(str::to_owned);
    vec![diagnostic]
}

/// Loads an object file.
///
/// # Errors
/// Diagnostics of stage `load`: `load.too_large`, `load.elf`, `load.maps`, `load.global`, `load.pointer_table`,
/// `load.section`, `load.entry`, `load.instructions`, and those of [`check`].
pub fn load(elf: &[u8]) -> Result<Loaded, Vec<Diagnostic>> {
    if elf.len() > MAX_ELF {
        return Err(refuse(
            "load.too_large",
            format!("the object file is larger than {MAX_ELF} bytes"),
            None,
        ));
    }
    if !is_aligned(elf) {
        // Headers are read where they are, which takes an address that they may have.
        let mut room = vec![0; elf.len() + ALIGNMENT];
        let start = room.as_ptr().align_offset(ALIGNMENT);
        let copy = &mut room[start..start + elf.len()];
        copy.copy_from_slice(elf);
        return load_aligned(copy);
    }
    load_aligned(elf)
}

fn is_aligned(elf: &[u8]) -> bool {
    elf.as_ptr().addr().is_multiple_of(ALIGNMENT)
}

fn load_aligned(elf: &[u8]) -> Result<Loaded, Vec<Diagnostic>> {
    let file = object::File::parse(elf)
        .map_err(|error| refuse("load.elf", format!("not an object file: {error}"), None))?;
    check_sections(&file)?;
    let mut platform = Platform::default();
    // Prevail's loader was written for files of compilers, not of attackers: a panic is a refusal like any other.
    let read = catch_unwind(AssertUnwindSafe(|| {
        elf_loader::read_elf(elf, "", "", "", &options(), &mut platform)
    }));
    let programs = match read {
        Ok(Ok(programs)) => programs,
        Ok(Err(error)) => return Err(refuse("load.elf", error.to_string(), None)),
        Err(_) => return Err(refuse("load.elf", "the object file is damaged", None)),
    };
    let Some(raw) = programs
        .into_iter()
        .find(|program| program.function_name == ENTRY)
    else {
        return Err(refuse(
            "load.entry",
            format!("there is no function {ENTRY}"),
            Some("Define `uint64_t cf_ebpf_main(void *state)`: it is called for every packet."),
        ));
    };
    if raw.prog.len() > MAX_INSTRUCTIONS {
        let message = format!(
            "the program has {} instructions, {MAX_INSTRUCTIONS} are allowed",
            raw.prog.len()
        );
        return Err(refuse(
            "load.instructions",
            message,
            Some("Unroll less, or turn repeated code into a loop."),
        ));
    }
    platform.maps.clone_from(&raw.info.map_descriptors);
    let program = convert(&file, &raw)?;
    check(&program).map_err(|found| vec![*found])?;
    Ok(Loaded {
        program,
        raw,
        platform,
    })
}

fn refuse_at(code: &str, message: String, hint: &str, line: Option<SourceLine>) -> Vec<Diagnostic> {
    let mut refused = refuse(code, message, Some(hint));
    if let Some(line) = line {
        place_at(&mut refused[0], &line);
    }
    refused
}

fn check_sections(file: &object::File<'_>) -> Result<(), Vec<Diagnostic>> {
    let mut names = std::collections::BTreeSet::new();
    for section in file.sections() {
        let name = section
            .name()
            .map_err(|error| refuse("load.elf", error.to_string(), None))?;
        if name == "maps" || name.starts_with("maps/") || name.starts_with(".maps") {
            return Err(refuse(
                "load.maps",
                "maps are not supported",
                Some("Keep state with set_flow_data or set_src_ip_data."),
            ));
        }
        if (name.starts_with(".data") || name.starts_with(".bss")) && section.size() > 0 {
            let use_of = first_use(file, section.index());
            let variable = use_of
                .name
                .map_or(String::new(), |name| format!(" `{name}`"));
            let message = format!("a writable global or static variable{variable}");
            let hint = "Programs keep no memory between packets: use set_flow_data or set_src_ip_data, or make it const.";
            return Err(refuse_at("load.global", message, hint, use_of.line));
        }
        if name.starts_with(".rodata") || name.starts_with(".data.rel.ro") {
            if section.relocations().next().is_some() {
                let use_of = first_use(file, section.index());
                let variable = use_of
                    .name
                    .map_or(String::new(), |name| format!("`{name}` is "));
                let message = format!("{variable}a table of pointers");
                let hint =
                    "Use an array of values, such as a two-dimensional array of char, instead.";
                return Err(refuse_at("load.pointer_table", message, hint, use_of.line));
            }
            if !names.insert(name.to_owned()) {
                return Err(refuse(
                    "load.section",
                    format!("two sections are called {name}"),
                    None,
                ));
            }
        }
    }
    Ok(())
}

fn convert(file: &object::File<'_>, raw: &RawProgram) -> Result<Program, Vec<Diagnostic>> {
    let maps = &raw.info.map_descriptors;
    let mut program = Program::default();
    for map in maps {
        let section = file
            .section_by_name(&map.name)
            .and_then(|section| section.data().ok());
        let Some(bytes) = section else {
            return Err(refuse(
                "load.section",
                format!("read-only data {} is missing", map.name),
                None,
            ));
        };
        program.rodata.push(Rodata {
            name: map.name.clone(),
            bytes: bytes.to_vec(),
        });
    }
    for inst in &raw.prog {
        let mut insn = Insn {
            op: inst.opcode,
            dst: inst.dst_src & 15,
            src: inst.dst_src >> 4,
            off: inst.offset,
            imm: inst.imm,
        };
        if insn.op == 0x18 && insn.src == 2 {
            let Some(index) = maps.iter().position(|map| map.original_fd == insn.imm) else {
                return Err(refuse(
                    "load.section",
                    "an address of unknown read-only data",
                    None,
                ));
            };
            insn.imm = index as i32;
        }
        program.insns.push(insn);
    }
    program.lines = lines(file, raw);
    Ok(program)
}

/// The line of each instruction that starts one; code of inlined header functions has the line of the call.
fn lines(file: &object::File<'_>, raw: &RawProgram) -> BTreeMap<usize, SourceLine> {
    let calls = inlined::calls(file);
    // Prevail puts the functions that are called behind the entry function: only its own addresses are known.
    let size = file
        .symbols()
        .find(|symbol| symbol.name() == Ok(ENTRY))
        .map_or(0, |symbol| symbol.size());
    let line = |(pc, line): (&usize, &BtfLineInfo)| {
        let offset = *pc as u64 * 8;
        let call = (line.file_name.ends_with(".h") && offset < size)
            .then(|| inlined::around(&calls, u64::from(raw.insn_off) + offset))
            .flatten();
        let line = match call {
            Some(call) => SourceLine {
                file: OWN_FILE.to_owned(),
                line: call.line,
                column: call.column,
                text: String::new(),
            },
            None => SourceLine {
                file: line.file_name.clone(),
                line: line.line_number,
                column: line.column_number,
                text: line.source_line.clone(),
            },
        };
        (*pc, line)
    };
    raw.info.line_info.iter().map(line).collect()
}
