//! The test vectors for RFC 9669 in the project's shared folder, through the structural checks and both engines.

mod assembler;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flowprotect_vm::additions::Extra;
use flowprotect_vm::check::check;
use flowprotect_vm::helpers::{ChallengeBudget, Env};
use flowprotect_vm::interp;
use flowprotect_vm::memory::Memory;
use flowprotect_vm::packet::Flow;
use flowprotect_vm::program::{Insn, Program};
use flowprotect_vm::state::{StateConfig, Tables};

/// Vectors of what the engine does not support, and why.
const UNSUPPORTED: &[(&str, &str)] = &[
    (
        "callx",
        "calls through registers are refused at load (load.indirect_call)",
    ),
    (
        "call_unwind_fail",
        "calls a helper that only the vectors' own runner has",
    ),
];
/// Negative vectors that are valid programs here, and why.
const VALID: &[(&str, &str)] = &[(
    "error",
    "tests that a runner reports its plugin's message: the program itself is valid",
)];

/// The folder of the vectors, or None where this machine has none.
fn vectors(kind: &str) -> Option<Vec<(String, String)>> {
    let shared = std::env::var_os("FLOWPROTECT_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("conformance").join(kind);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: there is no folder {}", folder.display());
        return None;
    };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path
            .extension()
            .is_some_and(|extension| extension == "data")
        {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    Some(found)
}

fn sections(text: &str) -> BTreeMap<&str, String> {
    let mut sections: BTreeMap<&str, String> = BTreeMap::new();
    let mut name = "";
    for line in text.lines() {
        match line.strip_prefix("-- ") {
            Some(title) => name = title.trim(),
            None => *sections.entry(name).or_default() += &format!("{line}\n"),
        }
    }
    sections
}

fn word(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let value = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    value.map_err(|_| format!("`{text}` is no number"))
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let byte = |word| u8::from_str_radix(word, 16).map_err(|_| format!("`{word}` is no byte"));
    text.lines()
        .flat_map(|line| {
            line.split('#')
                .next()
                .unwrap_or_default()
                .split_whitespace()
        })
        .map(byte)
        .collect()
}

/// The instructions of a vector: `asm`, else `raw` as bytes.
fn code(sections: &BTreeMap<&str, String>) -> Result<Vec<Insn>, String> {
    if let Some(source) = sections.get("asm") {
        return assembler::assemble(source);
    }
    let raw = bytes(sections.get("raw").ok_or("neither asm nor raw")?)?;
    let insn = |slot: &[u8]| Insn {
        op: slot[0],
        dst: slot[1] & 15,
        src: slot[1] >> 4,
        off: i16::from_le_bytes([slot[2], slot[3]]),
        imm: i32::from_le_bytes([slot[4], slot[5], slot[6], slot[7]]),
    };
    Ok(raw.chunks_exact(8).map(insn).collect())
}

fn run(text: &str) -> Result<(), String> {
    let sections = sections(text);
    let code = code(&sections)?;
    let memory = sections
        .get("mem")
        .map_or(Ok(Vec::new()), |text| bytes(text))?;
    let insn = |op, dst, src, off, imm| Insn {
        op,
        dst,
        src,
        off,
        imm,
    };
    // Vectors get the address of their memory, here the packet's buffer, in r1 and its length in r2.
    let mut insns = vec![
        insn(0x79, 1, 1, 0, 0),
        insn(0x07, 1, 0, 0, 16),
        insn(0xb7, 2, 0, 0, memory.len() as i32),
    ];
    if memory.is_empty() {
        insns = vec![insn(0xb7, 1, 0, 0, 0), insn(0xb7, 2, 0, 0, 0)];
    }
    insns.extend(code);
    let program = Program {
        insns,
        ..Program::default()
    };
    check(&program).map_err(|found| format!("{}: {}", found.code, found.message))?;
    let (result, fuel) = interpret(&program, &memory, false)?;
    let compiled = interpret(&program, &memory, true)?;
    if compiled != (result, fuel) {
        return Err(format!(
            "compiled: {compiled:x?}, not {:x?}",
            (result, fuel)
        ));
    }
    let wanted = word(sections.get("result").map_or("0", String::as_str))?;
    match result == wanted {
        true => Ok(()),
        false => Err(format!("{result:#x} instead of {wanted:#x}")),
    }
}

/// The result and the fuel that is left.
fn interpret(program: &Program, bytes: &[u8], compiled: bool) -> Result<(u64, u64), String> {
    let mut memory = Memory::new(program);
    memory.set_packet(bytes, 20);
    let mut env = Env {
        memory: &mut memory,
        tables: &mut Tables::new(StateConfig::default()),
        budget: &mut ChallengeBudget::default(),
        random: &mut || 4,
        flow: Flow {
            src: [127, 0, 0, 1].into(),
            src_port: 1,
            dst: [127, 0, 0, 1].into(),
            dst_port: 2,
        },
        now: 1,
        challenges: false,
        challenge_interval: 1,
        challenges_per_second: 1,
        print: false,
        challenge: &mut Vec::new(),
        tag: 0,
        printed: Vec::new(),
        extra: &mut Extra::default(),
    };
    let mut fuel = 1_000_000;
    let result = if compiled {
        let code = program.code().map_err(|error| error.to_string())?;
        code.run(&mut env, &mut fuel)
    } else {
        interp::run(program, &mut env, &mut fuel)
    };
    Ok((result.map_err(|error| error.to_string())?, fuel))
}

#[test]
fn every_vector_gives_its_result() {
    let Some(vectors) = vectors("tests") else {
        return;
    };
    assert!(vectors.len() > 300);
    let mut wrong = Vec::new();
    for (name, text) in vectors {
        let listed = UNSUPPORTED.iter().any(|(listed, _)| *listed == name);
        match (run(&text), listed) {
            (Err(why), false) => wrong.push(format!("{name}: {why}")),
            (Ok(()), true) => wrong.push(format!("{name}: listed as unsupported, but it passes")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_negative_vector_is_refused() {
    let Some(vectors) = vectors("negative") else {
        return;
    };
    assert!(vectors.len() > 40);
    let listed = |name: &str| VALID.iter().any(|(listed, _)| *listed == name);
    let accepted: Vec<_> = vectors
        .into_iter()
        .filter(|(name, text)| run(text).is_ok() && !listed(name))
        .map(|(name, _)| name)
        .collect();
    assert!(accepted.is_empty(), "{accepted:?}");
}

/// What a register call is refused as, since its vector cannot pass.
#[test]
fn a_register_call_is_refused_by_name() {
    let insns = assembler::assemble("mov %r2, 5\ncall %r2\nexit").unwrap();
    let program = Program {
        insns,
        ..Program::default()
    };
    assert_eq!(check(&program).unwrap_err().code, "load.indirect_call");
}
