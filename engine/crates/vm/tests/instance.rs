//! Hand-assembled programs on one packet: arithmetic, memory, calls, helpers, fuel.

use std::sync::Arc;

use flowprotect_vm::instance::{Clock, Engine, Instance, Outcome, RunError, Settings, Verdict};
use flowprotect_vm::packet::{Flow, build_udp};
use flowprotect_vm::program::{Insn, Program, Rodata};

fn insn(op: u8, dst: u8, src: u8, off: i16, imm: i32) -> Insn {
    Insn {
        op,
        dst,
        src,
        off,
        imm,
    }
}

fn mov(dst: u8, imm: i32) -> Insn {
    insn(0xb7, dst, 0, 0, imm)
}

fn helper(id: i32) -> Insn {
    insn(0x85, 0, 0, 0, id)
}

const EXIT: Insn = Insn {
    op: 0x95,
    dst: 0,
    src: 0,
    off: 0,
    imm: 0,
};

fn flow() -> Flow {
    Flow {
        src: "127.0.0.9".parse().unwrap(),
        src_port: 4000,
        dst: "127.0.0.1".parse().unwrap(),
        dst_port: 7777,
    }
}

fn instance(insns: Vec<Insn>, engine: Engine) -> Instance {
    let program = Program {
        insns,
        rodata: vec![Rodata {
            name: ".rodata".to_owned(),
            bytes: vec![1, 2, 3, 4],
        }],
        ..Program::default()
    };
    let settings = Settings {
        fuel: 10_000,
        ..Settings::default()
    };
    Instance::with_engine(Arc::new(program), settings, engine)
}

fn run_at(instance: &mut Instance, second: u64) -> Result<Outcome, RunError> {
    let now = Clock {
        unix_nanos: second * 1_000_000_000,
        monotonic_nanos: second * 1_000_000_000,
    };
    instance.run(&build_udp(&flow(), b"hello"), &flow(), now, &mut || 42)
}

/// Runs the program in both engines, which must agree.
fn run(insns: Vec<Insn>) -> Result<Outcome, RunError> {
    let interpreted = interpret(insns.clone());
    let mut compiled = instance(insns, Engine::Jit);
    assert_eq!(compiled.engine(), Engine::Jit);
    assert_eq!(run_at(&mut compiled, 1_000), interpreted);
    interpreted
}

fn interpret(insns: Vec<Insn>) -> Result<Outcome, RunError> {
    run_at(&mut instance(insns, Engine::Interpreter), 1_000)
}

/// Tags the run with r0 and passes.
fn tagged(mut insns: Vec<Insn>) -> u64 {
    insns.extend([insn(0xbf, 1, 0, 0, 0), helper(18), mov(0, 0), EXIT]);
    run(insns).unwrap().tag
}

#[test]
fn it_passes_and_drops() {
    assert_eq!(run(vec![mov(0, 0), EXIT]).unwrap().verdict, Verdict::Pass);
    assert_eq!(run(vec![mov(0, 1), EXIT]).unwrap().verdict, Verdict::Drop);
    assert!(matches!(
        run(vec![mov(0, 2), EXIT]),
        Err(RunError::Fault { .. })
    ));
}

#[test]
fn division_by_zero_follows_the_rfc() {
    assert_eq!(
        tagged(vec![mov(0, 7), mov(1, 0), insn(0x3f, 0, 1, 0, 0)]),
        0
    );
    assert_eq!(
        tagged(vec![mov(0, 7), mov(1, 0), insn(0x9f, 0, 1, 0, 0)]),
        7
    );
}

#[test]
fn signed_operations_wrap() {
    let minimum = vec![
        insn(0x18, 0, 0, 0, 0),
        insn(0, 0, 0, 0, i32::MIN),
        insn(0x37, 0, 0, 1, -1),
    ];
    assert_eq!(tagged(minimum), 1 << 63);
    assert_eq!(
        tagged(vec![
            mov(0, 0x80),
            insn(0xb7, 1, 0, 0, 0x80),
            insn(0xbf, 0, 1, 8, 0)
        ]),
        u64::MAX - 127
    );
    assert_eq!(
        tagged(vec![mov(0, 0x1234), insn(0xdc, 0, 0, 0, 16)]),
        0x3412
    );
}

#[test]
fn the_packet_window_holds_the_packet_and_zeros() {
    let at = |offset: i16| vec![insn(0x79, 2, 1, 0, 0), insn(0x71, 0, 2, offset, 0)];
    assert_eq!(tagged(at(0)), 33);
    assert_eq!(tagged(at(8)), 20);
    assert_eq!(tagged(at(16)), 0x45);
    assert_eq!(tagged(at(16 + 28)), u64::from(b'h'));
    assert_eq!(tagged(at(16 + 33)), 0);
    assert_eq!(tagged(at(1519)), 0);
}

#[test]
fn accesses_outside_fault() {
    for body in [
        vec![insn(0x79, 2, 1, 0, 0), insn(0x71, 0, 2, 1520, 0)],
        vec![insn(0x79, 2, 1, 0, 0), insn(0x79, 0, 2, 1513, 0)],
        vec![insn(0x71, 0, 10, 0, 0)],
        vec![insn(0x7b, 10, 0, -8193, 0)],
        vec![insn(0x7b, 1, 0, 0, 0)],
        vec![
            insn(0x18, 2, 2, 0, 0),
            insn(0, 0, 0, 0, 0),
            insn(0x72, 2, 0, 0, 1),
        ],
        vec![mov(2, 0), insn(0x71, 0, 2, 0, 0)],
        vec![mov(10, 1)],
        vec![insn(0xdb, 10, 0, -8, 0xe0)],
        vec![insn(0xdb, 10, 0, 0, 0)],
        vec![insn(0xdb, 1, 0, 0, 0)],
        vec![insn(0x05, 0, 0, -9, 0)],
        vec![helper(21)],
    ] {
        let mut insns = body.clone();
        insns.extend([mov(0, 0), EXIT]);
        assert!(
            matches!(interpret(insns), Err(RunError::Fault { .. })),
            "{body:?}"
        );
    }
}

#[test]
fn what_is_not_compiled_is_interpreted() {
    for body in [
        vec![mov(10, 1), mov(0, 0), EXIT],
        vec![insn(0x05, 0, 0, -9, 0), EXIT],
        vec![helper(21), EXIT],
        vec![insn(0x85, 0, 1, 0, -1), EXIT],
        vec![mov(0, 0)],
        vec![],
    ] {
        let mut instance = instance(body, Engine::Jit);
        assert_eq!(instance.engine(), Engine::Interpreter);
        assert!(matches!(
            run_at(&mut instance, 1),
            Err(RunError::Fault { .. })
        ));
    }
}

#[test]
fn a_helper_that_gets_a_wild_pointer_faults_in_both_engines() {
    let hash = vec![mov(1, 77), mov(2, 8), mov(3, 0), helper(5), EXIT];
    let Err(RunError::Fault { pc, .. }) = run(hash) else {
        panic!("no fault");
    };
    assert_eq!(pc, 3);
}

#[test]
fn read_only_data_is_read() {
    assert_eq!(
        tagged(vec![
            insn(0x18, 2, 2, 0, 0),
            insn(0, 0, 0, 0, 1),
            insn(0x71, 0, 2, 0, 0)
        ]),
        2
    );
}

#[test]
fn calls_save_registers_and_have_frames_of_their_own() {
    let insns = vec![
        mov(6, 5),
        insn(0x85, 0, 1, 0, 5),
        insn(0x0f, 0, 6, 0, 0),
        insn(0xbf, 1, 0, 0, 0),
        helper(18),
        mov(0, 0),
        EXIT,
        mov(6, 30),
        mov(0, 7),
        EXIT,
    ];
    assert_eq!(run(insns).unwrap().tag, 12);
    let recursion = vec![insn(0x85, 0, 1, 0, -1), EXIT];
    assert!(matches!(interpret(recursion), Err(RunError::Fault { .. })));
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    assert_eq!(run(vec![insn(0x05, 0, 0, -1, 0)]), Err(RunError::OutOfFuel));
}

/// What is known of r1 at the first instruction holds the first time only.
#[test]
fn a_loop_may_start_at_the_first_instruction() {
    let insns = vec![
        insn(0x0f, 6, 1, 0, 0),
        mov(1, 3),
        insn(0x07, 7, 0, 0, 1),
        insn(0xa5, 7, 0, -4, 4),
        insn(0xbf, 0, 6, 0, 0),
        insn(0x57, 0, 0, 0, 15),
    ];
    assert_eq!(tagged(insns), 9);
}

#[test]
fn helpers_answer_with_the_documented_codes() {
    assert_eq!(tagged(vec![helper(1)]), 42);
    assert_eq!(tagged(vec![helper(2)]), 1_000);
    let code = |value: i64| value.cast_unsigned();
    let stack = |register: u8, offset: i32| {
        [
            insn(0xbf, register, 10, 0, 0),
            insn(0x07, register, 0, 0, offset),
        ]
    };
    let hash = |id: i32, room: i32| {
        let mut insns = stack(1, -64).to_vec();
        insns.extend([mov(2, 3)]);
        insns.extend(stack(3, -64));
        insns.extend([mov(4, room), helper(id)]);
        insns
    };
    for (id, size) in [
        (4, 16),
        (5, 32),
        (6, 64),
        (7, 8),
        (8, 32),
        (9, 64),
        (19, 64),
        (20, 64),
    ] {
        assert_eq!(tagged(hash(id, size)), size as u64);
        assert_eq!(tagged(hash(id, size - 1)), code(-2));
        assert_eq!(tagged(vec![mov(1, 0), mov(2, 3), helper(id)]), code(-1));
    }
    let get = |id: i32, room: i32| {
        let mut insns = stack(1, -8).to_vec();
        insns.extend([mov(2, room), helper(id)]);
        insns
    };
    for id in [13, 15] {
        assert_eq!(tagged(get(id, 8)), code(-1));
        assert_eq!(tagged(get(id, 7)), code(-3));
        assert_eq!(tagged(vec![mov(1, 0), mov(2, 8), helper(id)]), code(-4));
    }
    for (set, read) in [(14, 13), (16, 15)] {
        let mut insns = vec![mov(1, 77), helper(set)];
        insns.extend(get(read, 8));
        insns.push(insn(0x79, 0, 10, -8, 0));
        assert_eq!(tagged(insns), 77);
    }
    assert_eq!(tagged(vec![mov(1, 0), mov(3, 0), helper(11)]), code(-4));
    let mut entropy = stack(1, -64).to_vec();
    entropy.extend([mov(2, 64), helper(17)]);
    assert_eq!(tagged(entropy), 0);
}

#[test]
fn crc32_is_iso_hdlc() {
    let mut insns = vec![
        insn(0x18, 2, 0, 0, i32::from_le_bytes(*b"1234")),
        insn(0, 0, 0, 0, i32::from_le_bytes(*b"5678")),
    ];
    insns.extend([
        insn(0x7b, 10, 2, -24, 0),
        insn(0x72, 10, 0, -16, i32::from(b'9')),
    ]);
    insns.extend([insn(0xbf, 1, 10, 0, 0), insn(0x07, 1, 0, 0, -24), mov(2, 9)]);
    insns.extend([
        insn(0xbf, 3, 10, 0, 0),
        insn(0x07, 3, 0, 0, -8),
        mov(4, 8),
        helper(7),
        insn(0x79, 0, 10, -8, 0),
    ]);
    assert_eq!(tagged(insns), 0xcbf4_3926);
}

#[test]
fn a_source_is_challenged_once_a_second_and_its_status_expires() {
    let challenge = vec![
        insn(0x7a, 10, 0, -8, 0x4142),
        insn(0xbf, 1, 10, 0, 0),
        insn(0x07, 1, 0, 0, -8),
        mov(2, 8),
        helper(10),
        insn(0xbf, 1, 0, 0, 0),
        helper(18),
        mov(0, 1),
        EXIT,
    ];
    let mut instance = instance(challenge, Engine::Jit);
    let first = run_at(&mut instance, 50).unwrap();
    assert_eq!(first.challenge.as_deref(), Some(&b"BA\0\0\0\0\0\0"[..]));
    let second = run_at(&mut instance, 50).unwrap();
    assert_eq!((second.challenge, second.tag.cast_signed()), (None, -6));
    assert!(run_at(&mut instance, 51).unwrap().challenge.is_some());
}
