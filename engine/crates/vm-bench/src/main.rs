//! How fast programs run: compiled, interpreted, native, and by rbpf. See the README.

mod engines;
mod native;
mod traffic;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engines::{
    BATCH, Engine, InPlace, Kind, Native, NativeCopy, Ours, Rbpf, Received, Whole, Windows,
};
use flowprotect_vm::load::load;
use flowprotect_vm::memory::Memory;
use flowprotect_vm::program::{Insn, Program};
use flowprotect_vm::verify::{VerifyLimits, verify};
use native::State;
use serde_json::{Value, json};
use traffic::{PACKETS, Packet, Random};

pub const KEY: [u8; 32] = [7; 32];
const PROGRAMS: [&str; 6] = ["token", "cookie", "rate", "sip", "tlv", "crypto"];
/// Interpreters get this share of the packets of a round.
const SLOW_SHARE: usize = 8;
/// What is measured, and what that is.
const COLUMNS: [(&str, &str); 10] = [
    (
        "native",
        "the C program compiled for this machine, on packets in place",
    ),
    (
        "native_copy",
        "the same, with the packet copied into the memory that programs use here",
    ),
    (
        "in_place",
        "all that the data plane calls, in batches, on packets received in place",
    ),
    (
        "jit",
        "compiled, contained and with fuel; the packet is copied in",
    ),
    (
        "instance",
        "all that the data plane calls: also parses the packet's headers and gathers the outcome",
    ),
    ("interpreter", "interpreted, as before there was a compiler"),
    ("copy", "the copy alone"),
    (
        "rbpf_jit",
        "rbpf's own compiler, no containment, packets in place",
    ),
    ("rbpf_cranelift", "rbpf through Cranelift, packets in place"),
    ("rbpf_interpreter", "rbpf's interpreter, packets in place"),
];

/// Copies the packet in and does nothing with it.
struct CopyOnly(Memory);

impl Engine for CopyOnly {
    #[inline(never)]
    fn run(&mut self, packets: &[Packet], index: usize, _: usize, _: u64) -> u64 {
        self.0
            .set_packet(&packets[index].bytes, packets[index].header);
        0
    }
}

struct Contender<'a> {
    name: &'static str,
    engine: Box<dyn Engine + 'a>,
    slow: bool,
    best: f64,
    /// Results of the last round, one digit a packet.
    results: Vec<u8>,
}

impl<'a> Contender<'a> {
    fn new(name: &'static str, slow: bool, engine: Box<dyn Engine + 'a>) -> Self {
        Self {
            name,
            engine,
            slow,
            best: f64::INFINITY,
            results: Vec::with_capacity(PACKETS),
        }
    }
}

/// Pins the thread to the last processor that it may use.
fn pin() {
    // SAFETY: the set is a plain array of bits that the calls fill in and read.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        let size = std::mem::size_of::<libc::cpu_set_t>();
        if libc::sched_getaffinity(0, size, &raw mut set) != 0 {
            return;
        }
        let last = (0..libc::CPU_SETSIZE as usize)
            .rev()
            .find(|cpu| libc::CPU_ISSET(*cpu, &set));
        if let Some(cpu) = last {
            libc::CPU_ZERO(&mut set);
            libc::CPU_SET(cpu, &mut set);
            libc::sched_setaffinity(0, size, &raw const set);
        }
    }
}

/// Runs rounds until `time` is over: all engines on the same packets in the same, new order, one after the other.
fn measure(contenders: &mut [Contender<'_>], packets: &[Packet], time: Duration) -> usize {
    let mut order: Vec<usize> = (0..PACKETS).collect();
    let mut random = Random(99);
    let start = Instant::now();
    let mut round = 0;
    while round < 3 || start.elapsed() < time {
        random.shuffle(&mut order);
        let now = 1_000 + round as u64;
        contenders.rotate_left(1);
        for contender in contenders.iter_mut() {
            let count = if contender.slow {
                PACKETS / SLOW_SHARE
            } else {
                PACKETS
            };
            contender.results.clear();
            let mut spent = Duration::ZERO;
            for batch in order[..count].chunks(BATCH) {
                let engine = &mut contender.engine;
                engine.receive(packets, batch);
                let before = Instant::now();
                engine.run_batch(packets, batch, now, &mut contender.results);
                spent += before.elapsed();
            }
            let each = spent.as_nanos() as f64 / count as f64;
            contender.best = contender.best.min(each);
        }
        round += 1;
    }
    round
}

/// Fails where an engine of ours decides differently: its time would mean nothing. rbpf's are left out then, and named.
fn same_results(program: &str, contenders: &mut Vec<Contender<'_>>) {
    let native = contenders
        .iter()
        .find(|contender| contender.name == "native");
    let expected = native
        .map(|native| native.results.clone())
        .unwrap_or_default();
    // Traffic of one kind would be foreseen, and would hide wrong decisions.
    for verdict in [0, 1] {
        assert!(
            expected.contains(&verdict),
            "{program}: no packet gets {verdict}"
        );
    }
    contenders.retain(|contender| {
        // Interpreters saw fewer packets, so that what depends on earlier ones may differ.
        let comparable = contender.name != "copy" && !(contender.slow && program == "rate");
        let pairs = contender.results.iter().zip(&expected);
        let differ = pairs.clone().filter(|(a, b)| a != b).count();
        if differ == 0 || !comparable {
            return true;
        }
        let name = contender.name;
        assert!(
            name.starts_with("rbpf"),
            "{program}: {name} decides differently"
        );
        println!(
            "{program}: {name} decides differently on {differ} of {} packets",
            pairs.len()
        );
        false
    });
}

fn bench(name: &'static str, folder: &Path, time: Duration) -> Value {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let elf = std::fs::read(programs.join(name).with_extension("o")).unwrap();
    let report = verify(&elf, &VerifyLimits::default(), &|_| false);
    assert!(report.ok, "{name} is refused: {:?}", report.diagnostics);
    let program = Arc::new(load(&elf).ok().unwrap().program);
    let before = Instant::now();
    let code = program.code().unwrap();
    let compile_ms = before.elapsed().as_secs_f64() * 1e3;
    let bytes = encode(&program);
    let packets = traffic::packets(name);
    let windows = Windows::new(&packets);
    let entry = native::compile(&programs.join(name).with_extension("c"), folder);
    let mut contenders: Vec<Contender<'_>> = Vec::new();
    let memory = || Memory::new(&program);
    let native = Native {
        entry,
        windows: Received::new(&windows),
        state: code.calls_helpers().then(State::new),
    };
    let copied = NativeCopy {
        entry,
        memory: memory(),
        state: State::new(),
    };
    let ours: [(&'static str, Box<dyn Engine + '_>); 7] = [
        ("native", Box::new(native)),
        ("native_copy", Box::new(copied)),
        ("in_place", Box::new(InPlace::new(&program))),
        ("jit", Box::new(Ours::new(&program, true))),
        ("instance", Box::new(Whole::new(&program))),
        ("interpreter", Box::new(Ours::new(&program, false))),
        ("copy", Box::new(CopyOnly(memory()))),
    ];
    for (name, engine) in ours {
        contenders.push(Contender::new(name, name == "interpreter", engine));
    }
    for (name, kind) in [
        ("rbpf_interpreter", Kind::Interpreter),
        ("rbpf_jit", Kind::Jit),
        ("rbpf_cranelift", Kind::Cranelift),
    ] {
        // The code of rbpf's own compiler crashes in helpers, and its compilers panic on some programs.
        if kind == Kind::Jit && code.calls_helpers() {
            println!("rbpf_jit is left out: it crashes in helpers");
            continue;
        }
        let engine = catch_unwind(AssertUnwindSafe(|| Rbpf::new(&bytes, kind, &windows)));
        if let Ok(Some(engine)) = engine {
            contenders.push(Contender::new(
                name,
                kind == Kind::Interpreter,
                Box::new(engine),
            ));
        }
    }
    let rounds = measure(&mut contenders, &packets, time);
    same_results(name, &mut contenders);
    let best = |name: &str| {
        contenders
            .iter()
            .find(|one| one.name == name)
            .map(|one| one.best)
    };
    let over = |name: &str, base: &str| best(name).zip(best(base)).map(|(a, b)| a / b);
    let mut ns = serde_json::Map::new();
    let mut line = format!("{name:8}");
    for (name, _) in COLUMNS {
        ns.insert((*name).to_owned(), json!(best(name).map(rounded)));
        line += &best(name).map_or_else(|| "       -".to_owned(), |ns| format!(" {ns:7.1}"));
    }
    println!(
        "{line}   {:.2}",
        over("in_place", "native").unwrap_or(f64::NAN)
    );
    json!({
        "name": name,
        "instructions": program.insns.len(),
        "code_bytes": code.bytes().len(),
        "compile_ms": rounded(compile_ms),
        "rounds": rounds,
        "ns_per_packet": ns,
        "ratio": over("in_place", "native").map(rounded),
        "ratio_copy_in": over("jit", "native").map(rounded),
        "ratio_same_copy": over("jit", "native_copy").map(rounded),
        "ratio_instance": over("instance", "native").map(rounded),
        "ratio_rbpf_jit": over("rbpf_jit", "native").map(rounded),
        "ratio_rbpf_cranelift": over("rbpf_cranelift", "native").map(rounded),
        "ratio_rbpf_interpreter": over("rbpf_interpreter", "native").map(rounded),
    })
}

fn encode(program: &Program) -> Vec<u8> {
    let encode = |insn: &Insn| {
        let mut bytes = [0; 8];
        (bytes[0], bytes[1]) = (insn.op, insn.dst | insn.src << 4);
        bytes[2..4].copy_from_slice(&insn.off.to_le_bytes());
        bytes[4..].copy_from_slice(&insn.imm.to_le_bytes());
        bytes
    };
    program.insns.iter().flat_map(encode).collect()
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The geometric mean of `field` over those programs that have it.
fn geomean(programs: &[Value], field: &str) -> Option<f64> {
    let ratios: Vec<f64> = programs
        .iter()
        .filter_map(|program| program[field].as_f64())
        .collect();
    let logs: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    (!ratios.is_empty()).then(|| rounded((logs / ratios.len() as f64).exp()))
}

fn main() {
    pin();
    let quick = std::env::var_os("BENCH_QUICK").is_some();
    let time = Duration::from_millis(if quick { 2_000 } else { 15_000 });
    let folder = std::env::temp_dir().join(format!("flowprotect-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    println!(
        "ns per packet, best of all rounds of {PACKETS} shuffled packets; the last column is in_place over native"
    );
    for (name, meaning) in COLUMNS {
        println!("  {name:16} {meaning}");
    }
    println!(
        "{:8} {}",
        "",
        COLUMNS
            .map(|(name, _)| format!("{:>7}", &name[..name.len().min(7)]))
            .join(" ")
    );
    let only = std::env::args().nth(1);
    let chosen = PROGRAMS
        .into_iter()
        .filter(|name| only.as_deref().is_none_or(|only| only == *name));
    let programs: Vec<Value> = chosen.map(|name| bench(name, &folder, time)).collect();
    let _ = std::fs::remove_dir_all(&folder);
    let summary = json!({
        "geomean_ratio": geomean(&programs, "ratio"),
        "geomean_ratio_copy_in": geomean(&programs, "ratio_copy_in"),
        "geomean_ratio_same_copy": geomean(&programs, "ratio_same_copy"),
        "geomean_ratio_instance": geomean(&programs, "ratio_instance"),
        "geomean_ratio_rbpf_jit": geomean(&programs, "ratio_rbpf_jit"),
        "geomean_ratio_rbpf_cranelift": geomean(&programs, "ratio_rbpf_cranelift"),
        "geomean_ratio_rbpf_interpreter": geomean(&programs, "ratio_rbpf_interpreter"),
        "programs": programs,
    });
    println!("{summary}");
}
