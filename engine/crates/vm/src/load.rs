//! From clang's BPF ELF to a [`Program`]: sections checked, instructions relocated by Prevail's loader.

use std::panic::{AssertUnwindSafe, catch_unwind};

use object::{Object, ObjectSection};
use prevail::elf_loader;
use prevail::spec::type_descriptors::RawProgram;

use crate::diagnostic::{Diagnostic, Stage};
use crate::program::{Insn, Program, Rodata, SourceLine};
use crate::verify::platform::{Platform, options};

/// Largest object file in bytes.
pub const MAX_ELF: usize = 4 << 20;
/// Most instruction slots a program may have.
pub const MAX_INSTRUCTIONS: usize = 8_192;
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
/// `load.section`, `load.entry`, `load.instructions`.
pub fn load(elf: &[u8]) -> Result<Loaded, Vec<Diagnostic>> {
    if elf.len() > MAX_ELF {
        return Err(refuse(
            "load.too_large",
            format!("the object file is larger than {MAX_ELF} bytes"),
            None,
        ));
    }
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
    Ok(Loaded {
        program,
        raw,
        platform,
    })
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
            let message = format!(
                "a writable global or static variable (section {name}, {} bytes)",
                section.size()
            );
            let hint = "Programs keep no memory between packets: use set_flow_data or set_src_ip_data, or make it const.";
            return Err(refuse("load.global", message, Some(hint)));
        }
        if name.starts_with(".rodata") {
            if section.relocations().next().is_some() {
                let message = format!("{name} holds addresses (a table of pointers)");
                return Err(refuse(
                    "load.pointer_table",
                    message,
                    Some("Use an array of values instead."),
                ));
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
    for (pc, line) in &raw.info.line_info {
        program.lines.insert(
            *pc,
            SourceLine {
                file: line.file_name.clone(),
                line: line.line_number,
                column: line.column_number,
                text: line.source_line.clone(),
            },
        );
    }
    Ok(program)
}
