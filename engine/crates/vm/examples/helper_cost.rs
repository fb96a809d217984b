//! Nanoseconds that a call of FlowProtect's own helpers takes: `cargo run --release --example helper_cost`.

use std::sync::Arc;
use std::time::Instant;

use flowprotect_vm::instance::{Clock, Instance, Settings};
use flowprotect_vm::packet::{Flow, build_udp};
use flowprotect_vm::program::{Insn, Program};

/// Calls in one run of a program.
const CALLS: usize = 64;
const RUNS: u64 = 20_000;
const ROUNDS: usize = 7;

const fn insn(op: u8, dst: u8, src: u8, imm: i32) -> Insn {
    Insn {
        op,
        dst,
        src,
        off: 0,
        imm,
    }
}

/// Runs `CALLS` times `setup`, then the helper, if there is one.
fn program(setup: &[Insn], helper: Option<i32>) -> Arc<Program> {
    let store = |off| Insn {
        off,
        ..insn(0x7b, 10, 0, 0)
    };
    let mut insns = vec![insn(0xb7, 0, 0, 7), store(-8), store(-16), store(-24)];
    for _ in 0..CALLS {
        insns.extend_from_slice(setup);
        insns.extend(helper.map(|id| insn(0x85, 0, 0, id)));
    }
    insns.extend([insn(0xb7, 0, 0, 0), insn(0x95, 0, 0, 0)]);
    Arc::new(Program {
        insns,
        ..Program::default()
    })
}

/// Nanoseconds of a run, the least of some rounds. The packets come from `sources` addresses in turn.
fn nanoseconds(program: &Arc<Program>, sources: u32) -> f64 {
    let mut instance = Instance::new(Arc::clone(program), Settings::default());
    let packets: Vec<(Flow, Vec<u8>)> = (0..sources)
        .map(|number| {
            let flow = Flow {
                src: (0x0a00_0000 | number).to_be_bytes().into(),
                src_port: 4_000,
                dst: [127, 0, 0, 1].into(),
                dst_port: 53,
            };
            (flow, build_udp(&flow, &[0; 64]))
        })
        .collect();
    let mut best = f64::INFINITY;
    let mut nanos = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for (flow, packet) in packets.iter().cycle().take(RUNS as usize) {
            nanos += 1_000_000;
            let now = Clock {
                unix_nanos: nanos,
                monotonic_nanos: nanos,
            };
            let outcome = instance.run(packet, flow, now, &mut || 4);
            assert!(outcome.is_ok(), "{outcome:?}");
        }
        best = best.min(start.elapsed().as_nanos() as f64 / RUNS as f64);
    }
    best
}

fn main() {
    let number = |register, value| insn(0xb7, register, 0, value);
    let stack = |register, at| [insn(0xbf, register, 10, 0), insn(0x07, register, 0, at)];
    let siphash: Vec<Insn> = [stack(1, -24), stack(3, -8)]
        .concat()
        .into_iter()
        .chain([number(2, 16), number(4, 8)])
        .collect();
    let bucket = [number(1, 0), number(2, 100), number(3, 200), number(4, 1)];
    let cases: [(&str, i32, &[Insn], u32); 6] = [
        ("fp_nanos", 64, &[], 1),
        ("fp_siphash of 16 bytes", 65, &siphash, 1),
        ("fp_make_cookie", 66, &[], 1),
        ("fp_check_cookie", 67, &[number(1, 1)], 1),
        ("fp_allow_source, one source", 68, &bucket, 1),
        ("fp_allow_source, 5,000 sources", 68, &bucket, 5_000),
    ];
    for (name, id, setup, sources) in cases {
        let with = nanoseconds(&program(setup, Some(id)), sources);
        let without = nanoseconds(&program(setup, None), sources);
        println!("{name}: {:.1} ns", (with - without) / CALLS as f64);
    }
}
