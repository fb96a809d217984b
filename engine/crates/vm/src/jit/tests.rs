//! What only the crate itself can see: refusals of the compiler, and code for the other architecture.

use std::path::Path;

use cranelift_codegen::isa::CallConv;
use target_lexicon::Triple;

use super::object::{Object, target_isa};
use super::{Code, Options};
use crate::load::load;
use crate::memory::Memory;
use crate::program::{Insn, Program};

use super::control::support::generate::{self, Wildness};
use super::control::support::random::Random;

fn insn(op: u8, dst: u8, src: u8, off: i16, imm: i32) -> Insn {
    Insn {
        op,
        dst,
        src,
        off,
        imm,
    }
}

#[test]
fn code_is_made_for_arm_too() {
    let arm: Triple = "aarch64-unknown-linux-gnu".parse().unwrap();
    let mut programs: Vec<Program> = (0..200)
        .map(|seed| {
            let random = Random::new(seed);
            generate::program(&random, Wildness(8))
        })
        .collect();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for name in ["cookie_guard.o", "table.o", "stack.o"] {
        programs.push(
            load(&std::fs::read(fixtures.join(name)).unwrap())
                .ok()
                .unwrap()
                .program,
        );
    }
    for program in programs {
        let object = Object::new(&program, &arm, Options::default()).unwrap();
        assert!(object.bytes.len().is_multiple_of(4) && !object.bytes.is_empty());
    }
}

#[test]
fn other_machines_are_refused() {
    let program = Program::default();
    for target in ["riscv64gc-unknown-linux-gnu", "i686-unknown-linux-gnu"] {
        let target: Triple = target.parse().unwrap();
        let refused = Object::new(&program, &target, Options::default())
            .err()
            .unwrap();
        assert_eq!(refused.code(), "jit.platform");
    }
}

#[test]
fn answers_come_in_two_registers() {
    // Helpers are functions of C that return a structure of two words: both conventions return it like two values.
    for (target, convention) in [
        ("x86_64-unknown-linux-gnu", CallConv::SystemV),
        ("aarch64-unknown-linux-gnu", CallConv::SystemV),
    ] {
        let isa = target_isa(&target.parse().unwrap()).unwrap();
        assert_eq!(isa.default_call_conv(), convention);
    }
}

#[test]
fn code_lives_as_long_as_its_users() {
    let program = Program {
        insns: vec![insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0)],
        ..Program::default()
    };
    let code = program.code().unwrap();
    assert!(std::sync::Arc::ptr_eq(&code, &program.code().unwrap()));
    // A copy may be changed, and must not run the code of what it was.
    assert!(!std::sync::Arc::ptr_eq(
        &code,
        &program.clone().code().unwrap()
    ));
    let weak = std::sync::Arc::downgrade(&code);
    drop(program);
    assert!(weak.upgrade().is_some());
    drop(code);
    assert!(weak.upgrade().is_none());
}

#[test]
#[should_panic(expected = "code runs in the memory of its own program")]
fn code_refuses_the_memory_of_another_program() {
    let mut program = Program {
        insns: vec![insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0)],
        ..Program::default()
    };
    let mut memory = Memory::new(&program);
    program.rodata.push(crate::program::Rodata {
        name: ".rodata".to_owned(),
        bytes: vec![1],
    });
    let _ = Code::new(&program).unwrap().run_alone(&mut memory, &mut 10);
}

#[test]
fn what_is_refused_says_why() {
    let refused = |insns: Vec<Insn>| {
        let program = Program {
            insns,
            ..Program::default()
        };
        Code::new(&program).unwrap_err()
    };
    let exit = insn(0x95, 0, 0, 0, 0);
    assert_eq!(
        refused(vec![insn(0xb7, 10, 0, 0, 0), exit]).code(),
        "jit.unsupported"
    );
    assert_eq!(
        refused(vec![insn(0xb7, 0, 0, 0, 0)]).code(),
        "jit.unsupported"
    );
    assert_eq!(
        refused(vec![insn(0x85, 0, 0, 0, 99), exit]).code(),
        "jit.invalid"
    );
    assert_eq!(
        refused(vec![insn(0x05, 0, 0, 9, 0), exit]).code(),
        "jit.invalid"
    );
    assert_eq!(
        refused(vec![insn(0x85, 0, 1, 0, -1), exit]).code(),
        "jit.invalid"
    );
    let large = Program {
        insns: vec![insn(0xb7, 0, 0, 0, 0), exit],
        rodata: vec![crate::program::Rodata {
            name: ".rodata".to_owned(),
            bytes: vec![0; crate::arena::MAX_RODATA + 1],
        }],
        ..Program::default()
    };
    assert_eq!(Code::new(&large).unwrap_err().code(), "jit.read_only_data");
}
